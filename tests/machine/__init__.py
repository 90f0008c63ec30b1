"""The lab machine: each of its walls by an attempt to get through, and each of its bounds by an attempt to exceed it."""
