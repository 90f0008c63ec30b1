"""`make fetch`: the images that a class names, pulled where a registry is in reach, for `check-class` where none is.

`OUT` becomes a class of its own: what each student handed in, and beside it what `docker save` makes of their image.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.grading import destination
from labcheck.i18n import _
from labcheck.plain import plain
from labcheck.submission import handed_in_image, intake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source
    from labcheck.roster import Entry

IMAGE = "image.tar"
_NAME = f".{IMAGE}.name"  # beside it: what it was pulled as, for a student may correct the name
_LIMITED = ("toomanyrequests", "rate limit")
_PAUSES = (60, 120, 300, 600, 1200, 1800, 3600, 3600, 3600)  # seconds; Docker Hub counts by six hours
TROUBLE_CODE = 2


@dataclass(frozen=True)
class Fetcher:
    """Fetches into `out`; `pause` waits so many seconds, where a registry limits how much one pulls."""

    record: Record
    source: Source
    out: Path
    console: Console
    pause: Callable[[float], None] = time.sleep

    def fetch(self, path: Path) -> int:
        """Fetch for every entry of the class; what is there already is not pulled again.

        Returns: the exit code, 0 where every image is there or its lack is the student's, else 2.

        Raises:
            LabcheckError: there is no class, or `out` lies in it or cannot be made.
        """
        destination.check_outside(self.out, path)
        destination.make(self.out)
        entries = roster.read(path).entries
        folders = _folders_of(entries)
        fetched = [
            self._fetch(f"{number:>{len(str(len(entries)))}}/{len(entries)}", entry, self.out / folder)
            for number, (entry, folder) in enumerate(zip(entries, folders, strict=True), 1)
        ]
        return 0 if all(fetched) else TROUBLE_CODE

    def _fetch(self, number: str, entry: Entry, target: Path) -> bool:
        said = f"{number}  {plain(entry.name)}  "
        with tempfile.TemporaryDirectory(prefix="labcheck-") as scratch:
            try:
                given, image = roster.gathered(entry, Path(scratch))
                if given:
                    _copy(given, target)
                with intake.take_in(given, image) as taken:
                    image = taken.submission.image
            except (LabcheckError, OSError) as error:
                self._say(said + str(error))
                return True  # check-class says so, too
        if image is None or _has(target, image):
            self._say(said + (_("has its image") if image else _("names no image")))
            return True
        target.mkdir(exist_ok=True)
        return self._save(said, image, target)

    def _save(self, said: str, image: str, target: Path) -> bool:
        for seconds in (*_PAUSES, None):
            with handed_in_image.fetched(self.record, self.source, image, lambda _line: None) as found:
                if found.name:
                    new = target / f".{IMAGE}.new"
                    with new.open("wb") as file:
                        for chunk in self.record.engine.images.get(found.name).save(named=found.name):
                            file.write(chunk)
                    new.replace(target / IMAGE)
                    (target / _NAME).write_text(image, encoding="utf-8")
                    self._say(said + _("{image}, {mb:.0f} MB").format(image=image, mb=_size(target / IMAGE) / 1e6))
                    return True
            if found.fault:
                self._say(said + found.fault)
                return True
            if seconds is None or not any(sign in found.trouble.lower() for sign in _LIMITED):
                break
            self._say(
                said
                + _("{image}: the registry limits us, again in {minutes:.0f} min").format(
                    image=image, minutes=seconds / 60
                )
            )
            self.pause(seconds)
        self._say(said + found.trouble)
        return False

    def _say(self, line: str) -> None:
        self.console.print(plain(line), markup=False)


def _folders_of(entries: Sequence[Entry]) -> list[str]:
    """Return the folders' names, which check-class reads name and number from as Moodle writes them."""
    names = [re.sub(r"[/\0_]", " ", entry.name).strip(". ")[:80] or entry.key for entry in entries]
    met = Counter(map(roster.normalized, names))
    return [
        f"{name}_{entry.participant}_assignsubmission_file_"
        if entry.participant
        else name
        if met[roster.normalized(name)] == 1
        else f"{name} {entry.key[-6:]}"  # a namesake
        for name, entry in zip(names, entries, strict=True)
    ]


def _has(target: Path, image: str) -> bool:
    """Tell whether an image was fetched, under this very name."""
    name = target / _NAME
    return (target / IMAGE).is_file() and name.is_file() and name.read_text(encoding="utf-8") == image


def _copy(given: Path, target: Path) -> None:
    """Copy what was handed in; an earlier copy is brought up to date."""
    if given.is_dir():
        shutil.copytree(given, target, symlinks=True, dirs_exist_ok=True)
    else:
        target.mkdir(exist_ok=True)
        shutil.copy2(given, target / given.name, follow_symlinks=False)


def _size(path: Path) -> int:
    return path.stat().st_size
