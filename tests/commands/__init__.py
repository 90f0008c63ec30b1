"""The commands behind make, end to end, on an engine of their own: where names, ports and clean-up hurt nobody."""
