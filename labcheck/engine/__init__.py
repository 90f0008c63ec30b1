"""The Docker engine and this host: find, start, ask; what on it is ours."""
