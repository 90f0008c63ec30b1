"""The tool behind the Makefile: it builds, runs, checks and compares the images of the lab."""

import os

# read by testcontainers at its import; its reaper is an image that cannot be pulled everywhere, and we sweep by label
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
