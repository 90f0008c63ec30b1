"""`make bundle` and `make load`: base images, images and wheels in one archive, for a room without a network."""
