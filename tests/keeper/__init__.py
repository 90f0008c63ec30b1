"""The reference keeper as a program: what it takes and refuses, its page, how it starts, ends and is locked in."""
