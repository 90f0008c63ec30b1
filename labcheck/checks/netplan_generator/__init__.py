"""netplan's own generator in a container."""
