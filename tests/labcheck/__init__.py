"""The tool's own tests."""
