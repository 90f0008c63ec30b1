"""Merge netplan's files in the generator's container."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from typing import TYPE_CHECKING, Any

from labcheck.containers import inside
from labcheck.verdicts import UngradableError

if TYPE_CHECKING:
    from labcheck.testbed import LabContainer


def merge(container: LabContainer, files: dict[str, bytes]) -> dict[str, Any]:
    """Return `error`, what the generator says against the files, and `network`, what they come to together."""
    root = f"/netplan/{uuid.uuid4().hex}"
    running = container.get_wrapped_container()
    inside(running, "mkdir", "-p", f"{root}/etc/netplan")
    running.put_archive(f"{root}/etc/netplan", _archive(files))
    code, output = inside(running, "python3", "/merge.py", root)
    if code:
        raise UngradableError(output)
    return dict(json.loads(output))


def _archive(files: dict[str, bytes]) -> bytes:
    """Return a tar archive; netplan warns of files that others may read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
