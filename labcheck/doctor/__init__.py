"""The doctor: what this machine needs for the lab, looked at and never changed, a line each with what mends it."""
