"""Grading: one submission (`make check`) and a class of them (`make check-class`), here or on a cluster."""
