"""A class that attacks."""
