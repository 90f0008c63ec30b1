"""A class as a folder with one entry a student, whatever exported it."""

from __future__ import annotations

import html
import os
import re
import time
import zipfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError, UnreadableError
from labcheck.i18n import _
from labcheck.plain import plain_line
from labcheck.roster.entries import LIMIT, Entry, Roster, too_many
from labcheck.roster.names import Label, github_prefix, is_moodles, key_of, label_of, normalized
from labcheck.submission import confined, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_JUNK = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "overrides.csv"}
_REPORTS = kinds.REPORT_ENDINGS | kinds.UNREADABLE_REPORT_ENDINGS
_LOOKED_AT = 20_000  # files of a folder whose times are looked at
_TEXT_BYTES = 100_000  # a longer text is not empty
_NAMED = 5  # names that a sentence spells out
_TAGS = re.compile(r"<(style|title)\b.*?</\1>|<[^>]*>", re.DOTALL)
_BOUNDS = confined.Bounds(seconds=10, memory=1 << 29)


@dataclass(frozen=True)
class _Piece:
    """A folder or a file at the top of a class, and what its name says."""

    path: Path
    label: Label

    @property
    def is_folder(self) -> bool:
        return self.path.is_dir()

    @property
    def is_report(self) -> bool:
        return not self.is_folder and (self.label.plugin == "onlinetext" or self.path.suffix.lower() in _REPORTS)

    @property
    def is_loose(self) -> bool:
        """Whether it is one of a student's files that Moodle exported without a folder, Dockerfile or app.py."""
        archive = Path(self.label.file).suffix.lower() in kinds.ARCHIVE_ENDINGS
        return bool(self.label.file) and not (self.is_folder or self.is_report or archive)


def read(folder: Path) -> Roster:
    """Return the class that lies in a folder.

    Raises:
        LabcheckError: it cannot be read, holds nobody, or more than a class.
    """
    folder, said = _unwrapped(folder)
    junk, links, kept = [], [], []
    for path in _listed(folder):
        if is_junk(path.name):
            junk.append(path.name)
        elif path.is_symlink() or not (path.is_dir() or path.is_file()):
            links.append(path.name)
        else:
            kept.append(path)
    if junk:
        said.append(_("Left aside, being nobody's submission: {names}.").format(names=_few(junk)))
    if links:
        said.append(_("Left aside, being links or no files: {names}.").format(names=_few(links)))
    if not kept:
        raise LabcheckError(_("Nobody's submission is in {folder}.").format(folder=folder))
    clones = [path.name for path in kept if (path / ".git").exists()]
    prefix = github_prefix(folder.name, clones) if len(clones) == len([path for path in kept if path.is_dir()]) else ""
    students = _students([_piece(path, prefix) for path in kept])
    found = [_entry(identity, pieces) for identity, pieces in students.items()]
    return Roster(tuple(sorted(found, key=lambda entry: (normalized(entry.name), entry.key))), tuple(said))


def is_junk(name: str) -> bool:
    """Tell what systems and editors leave: hidden files, thumbnails, what macOS adds to archives, Word's locks."""
    return name.startswith((".", "~$")) or name.lower() in _JUNK


def _listed(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            paths = [Path(entry.path) for entry in islice(found, LIMIT + 1)]
    except OSError as error:
        raise LabcheckError(_("{path} cannot be read: {reason}").format(path=folder, reason=error.strerror)) from error
    if len(paths) > LIMIT:
        raise too_many(folder)
    return sorted(paths)


def _unwrapped(folder: Path) -> tuple[Path, list[str]]:
    """Return the folder that holds the entries: Moodle's archive may have been unpacked into one more."""
    inside = [path for path in _listed(folder) if not is_junk(path.name)]
    if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink():
        within = _listed(inside[0])
        if any(is_moodles(path.name) for path in within):
            return inside[0], [_("The class is in {folder}.").format(folder=plain_line(inside[0].name))]
    return folder, []


def _piece(path: Path, prefix: str) -> _Piece:
    label = label_of(path.name, is_folder=path.is_dir(), prefix=prefix)
    if label.plugin == "onlinetext" and (path / "onlinetext.html").is_file():
        path /= "onlinetext.html"
    return _Piece(path, label)


def _students(pieces: Sequence[_Piece]) -> dict[str, list[_Piece]]:
    """Put together what is one student's: by Moodle's number, else by name."""
    students: dict[str, list[_Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.label.participant:
            students[f"id {piece.label.participant}"].append(piece)
    numbered = defaultdict(list)
    for identity, (piece, *_others) in students.items():
        numbered[piece.label.person].append(identity)
    for piece in pieces:
        if not piece.label.participant:
            same = numbered[piece.label.person]  # of namesakes it may be anybody's
            students[same[0] if len(same) == 1 else f"name {piece.label.person}"].append(piece)
    return students


def _entry(identity: str, pieces: Sequence[_Piece]) -> Entry:
    """Return what counts of the pieces: the newest folder or archive, with the newest report and all loose files."""
    said: list[str] = []
    loose = [piece for piece in pieces if piece.is_loose]
    report = _newest([piece for piece in pieces if piece.is_report], said)
    whole = _newest([piece for piece in pieces if not (piece.is_loose or piece.is_report)], said)
    if whole and whole.is_folder and loose:
        said.append(
            _("Handed in beside {counted}, and left aside: {names}.").format(
                counted=_shown(whole), names=_few([piece.path.name for piece in loose])
            )
        )
        loose = []
    if report and _is_empty_text(report):
        said.append(_("Handed in an empty text."))
        report = None
    elif report and report.path.suffix.lower() in kinds.UNREADABLE_REPORT_ENDINGS and whole and whole.is_folder:
        said.append(_("{name} cannot be read: a report is .docx or .pdf.").format(name=_shown(report)))
    counted = [*([whole] if whole else []), *loose, *([report] if report else [])]
    if whole and whole.is_folder and not any(_files(whole.path)):
        said.append(_("Handed in an empty folder."))
        counted.remove(whole)
    label = (counted or pieces)[0].label
    paths = [piece.path for piece in counted]
    return Entry(
        key=key_of(label.name, identity),
        name=label.name,
        participant=next((piece.label.participant for piece in pieces if piece.label.participant), None),
        path=paths[0] if paths else None,
        said=tuple(said),
        beside=tuple(paths[1:]),
    )


def _is_empty_text(report: _Piece) -> bool:
    """Tell whether it is Moodle's online text, a page, with no word in it."""
    if report.label.plugin != "onlinetext" or report.path.stat().st_size > _TEXT_BYTES:
        return False
    text = report.path.read_text(encoding="utf-8", errors="replace")
    return not html.unescape(_TAGS.sub(" ", text)).strip("\ufeff \t\r\n\xa0")


def _newest(pieces: list[_Piece], said: list[str]) -> _Piece | None:
    """Return the newest by the times of its files; of equals the last by name. What is left aside is said."""
    if len(pieces) <= 1:
        return pieces[0] if pieces else None
    times = {piece: changed(piece.path) for piece in pieces}
    *left, newest = sorted(pieces, key=lambda piece: (times[piece], _natural(piece.path.stem), piece.path.name))
    said.append(
        _("Handed in more than once: {counted} of {time} counts, being the newest; left aside: {names}.").format(
            counted=_shown(newest),
            time=time.strftime("%Y-%m-%d %H:%M", time.localtime(times[newest])),
            names=_few([_shown(piece) for piece in left]),
        )
    )
    return newest


def changed(path: Path) -> float:
    """Return when what was handed in was changed last, in seconds of the epoch, 0 where nothing says so.

    It is the newest of the times of a folder's files or of a zip's entries, which copying and unpacking leave alone;
    an entry cannot be newer than its archive by more than a day of time zones.
    """
    if path.is_dir():
        return max(map(_time, islice(_files(path), _LOOKED_AT)), default=0.0)
    at = path.lstat().st_mtime
    if zipfile.is_zipfile(path):
        with suppress(UnreadableError):
            arguments = (str(path.resolve()),)
            newest = confined.call("labcheck.roster.folder:newest_entry", *arguments, name=path.name, bounds=_BOUNDS)
            return min(float(newest), at + 86_400) or at
    return at


def _time(file: Path) -> float:
    with suppress(OSError):  # it lies too deep for any path
        return file.lstat().st_mtime
    return 0.0


def newest_entry(path: str) -> float:
    """Return the time of a zip's newest entry, in seconds of the epoch, in a process of its own."""
    with zipfile.ZipFile(path) as archive:
        return max((time.mktime((*info.date_time, 0, 0, -1)) for info in archive.infolist()), default=0.0)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that are no junk; links are not followed."""
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_junk(name)]
        yield from (Path(top, name) for name in names if not is_junk(name) or name == ".dockerignore")


def _natural(name: str) -> list[str | int]:
    """Return a name such that attempt 10 comes after attempt 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def _shown(piece: _Piece) -> str:
    return plain_line(piece.path.parent.name if piece.path.name == "onlinetext.html" else piece.path.name, 120)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(plain_line(name, 120) for name in names[:_NAMED])
    return (
        shown if len(names) <= _NAMED else _("{names} and {count} more").format(names=shown, count=len(names) - _NAMED)
    )
