"""`make check`: what an instructor sees of one student's work, and what is left of it afterwards."""
