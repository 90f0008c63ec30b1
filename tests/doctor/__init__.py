"""The doctor, each probe with the fault that it is for."""
