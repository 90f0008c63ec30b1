"""The lab's images and the tool's own: where their bases come from, and how they are built."""
