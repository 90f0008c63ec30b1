"""Comparing a submission with the reference."""
