"""The lab, walked through: its commands typed literally in a lab machine, what they show, and the table of steps."""
