"""What the lab and its students rely on in the base images, wherever these came from."""
