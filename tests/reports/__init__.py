"""Tests of the pages that a class run leaves."""
