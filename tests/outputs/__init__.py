"""What is written for other programs, read as they read it."""
