"""A class as data: one entry a student, with what they handed in."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError, UnreadableError
from labcheck.i18n import _
from labcheck.submission import report

if TYPE_CHECKING:
    from pathlib import Path

from labcheck.roster.names import label_of

LIMIT = 10_000  # students


@dataclass(frozen=True)
class Entry:
    """What one student handed in; nothing at all where `path` and `image` are None.

    `key` is a file name, the student's in every run. `name` is as it was written, without what would harm a reader;
    `participant` is Moodle's number. `path` is a folder or a file, `beside` are files that were handed in with it and
    that Moodle exports apart; `gathered` brings them together. `image` is the name that a list gave. `said` are
    sentences for the instructor: what was left aside, and why.
    """

    key: str
    name: str
    participant: str | None = None
    path: Path | None = None
    image: str | None = None
    said: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was handed in."""
        return self.path is None and self.image is None


@dataclass(frozen=True)
class Roster:
    """A class in alphabetical order; `said` are sentences about what is nobody's submission."""

    entries: tuple[Entry, ...]
    said: tuple[str, ...] = ()


def too_many(path: Path) -> LabcheckError:
    """Return the error for a class of impossible size."""
    return LabcheckError(
        _("There are more than {limit} entries in {path}: name the folder that holds one entry a student.").format(
            limit=LIMIT, path=path
        )
    )


def gathered(entry: Entry, scratch: Path) -> tuple[Path | None, str | None]:
    """Return path and image of what was handed in, as `intake.take_in` takes them.

    Files that Moodle exported side by side are copied into `scratch`, an empty folder, under the students' own names.
    Beside a folder only the report counts, for the image that it names, and only where it can be read.

    Raises:
        OSError: a file cannot be copied.
    """
    if entry.path is None or not entry.beside:
        return entry.path, entry.image
    if entry.path.is_dir():
        named: list[str] = []
        for file in entry.beside:
            with suppress(UnreadableError):
                named += [image.name for image in report.images_named(file)]
        return entry.path, entry.image or next(iter(named), None)
    for file in (entry.path, *entry.beside):
        shutil.copyfile(file, scratch / own_name(file), follow_symlinks=False)
    return scratch, entry.image


def own_name(file: Path) -> str:
    """Return the name that a student gave to a file, safe in any folder."""
    label = label_of(file.name, is_folder=False)
    return re.sub(r"[/\0]", "_", label.file).lstrip() or file.name
