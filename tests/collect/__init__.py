"""`sh collect.sh`: what a student's machine has of the lab, in one archive."""
