"""`make bundle` and `make load`: what is packed is what is loaded, and the room needs no network."""
