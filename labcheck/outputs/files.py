"""Files that are there as a whole or as they were before, whatever ends the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write a file: who reads it meanwhile, or after a kill -9, finds all of the old one or all of the new.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    new = path.with_name(f".{path.name}.new")  # the same name each time: a killed run leaves one at most
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
