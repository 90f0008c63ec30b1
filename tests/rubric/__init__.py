"""The rubric: graded checks in lab order, on the reference, or with --submission on a student's work."""
