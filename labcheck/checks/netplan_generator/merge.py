"""Runs in the generator's container: generate /netplan/ID's files as a machine would, and print what comes of it."""

import json
import subprocess
import sys

import yaml

root = sys.argv[1]
generated = subprocess.run(  # noqa: S603 - a program of the container
    ["/usr/libexec/netplan/generate", "--root-dir", root], capture_output=True, text=True, timeout=30, check=False
)
merged = subprocess.run(  # noqa: S603
    ["/usr/sbin/netplan", "get", "--root-dir", root], capture_output=True, text=True, timeout=30, check=False
)
json.dump(
    {
        "error": generated.stderr if generated.returncode else "",
        "network": (yaml.safe_load(merged.stdout) or {}).get("network") or {},
    },
    sys.stdout,
)
