"""A class on the disk, as Moodle and people make them: for the tests of the roster."""

from __future__ import annotations

import os
import time
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck import roster
    from labcheck.roster import Entry

MOODLE = "{name}_{number}_assignsubmission_{plugin}_{file}"
OLD, NEW = 1_700_000_000, 1_750_000_000  # seconds of the epoch
DOCKERFILE = "FROM python:3.10.6-alpine\n"


def hand_in(folder: Path, name: str, *, at: float = OLD, text: str = DOCKERFILE) -> Path:
    """Put a student's folder there, whose Dockerfile was written at that time; the folder itself is newer."""
    (folder / name).mkdir()
    file = folder / name / "Dockerfile"
    file.write_text(text, encoding="utf-8")
    os.utime(file, (at, at))
    return folder / name


def zipped(path: Path, *, at: float = OLD, changed: float = NEW) -> Path:
    """Put an archive there whose entry is of one time and which itself is of another."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Dockerfile", time.localtime(at)[:6]), DOCKERFILE)
    os.utime(path, (changed, changed))
    return path


def by_name(found: roster.Roster) -> dict[str, Entry]:
    """Return the entries by name, of which none is there twice."""
    assert len({entry.name for entry in found.entries}) == len(found.entries)
    return {entry.name: entry for entry in found.entries}
