"""Merge netplan's files in the generator's container."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from labcheck.checks.verdicts import UngradableError
from labcheck.engine.containers import inside, put_files

if TYPE_CHECKING:
    from labcheck.checks.testbed import LabContainer


def merge(container: LabContainer, files: dict[str, bytes]) -> dict[str, Any]:
    """Return `error`, what the generator says against the files, and `network`, what they come to together."""
    root = f"/netplan/{uuid.uuid4().hex}"
    running = container.get_wrapped_container()
    inside(running, "mkdir", "-p", f"{root}/etc/netplan")
    # netplan warns of files that others may read
    put_files(running, f"{root}/etc/netplan", files, mode=0o600)
    code, output = inside(running, "python3", "/merge.py", root)
    if code:
        raise UngradableError(output)
    merged = dict(json.loads(output))
    return {**merged, "error": merged["error"].replace(root, "")}  # as the student sees it
