"""What is fast and what is small, side by side in one run: `make bench`."""
