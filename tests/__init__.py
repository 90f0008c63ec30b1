"""The tests: of the base images, of the tool, and the graded checks."""
