"""The lab machine: an engine in a container, in which the work of strangers is built and run."""
