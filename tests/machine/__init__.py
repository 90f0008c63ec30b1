"""The lab machine: its walls, each by an attempt to get through, and its bounds, each by an attempt to exceed it."""
