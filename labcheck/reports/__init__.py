"""What a class run leaves to read: a page for the instructor, and one for each student."""
