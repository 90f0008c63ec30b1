"""The tool behind the Makefile: it builds, runs, checks and compares the images of the lab."""
