"""`make diff RAW=1`: plain unified diffs against the reference in the layout of the student's own files."""

from __future__ import annotations

import difflib
from contextlib import suppress
from typing import TYPE_CHECKING

from labcheck.compare import dockerfile, ignore
from labcheck.compare.stages import TEXT_LIMIT, Build
from labcheck.images.bases import official_name
from labcheck.submission.student_file import StudentFileError, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labcheck.submission.submission import Submission


def raw(mine: Submission, theirs: Submission, place: Callable[[Path], str]) -> Iterator[str]:
    """Yield the lines of the diffs, `place` naming each file; what a student lacks is compared with nothing."""
    for name, reference, student in _pairs(mine, theirs, place):
        try:
            text = read_text(student) if student else ""
        except StudentFileError as error:
            yield str(error)
            continue
        label = name if student else "/dev/null"
        lines = reference.splitlines(), text.splitlines()
        for line in difflib.unified_diff(*lines, f"reference/{name}", label, lineterm=""):
            yield _steerless(line)


def _pairs(
    mine: Submission, theirs: Submission, place: Callable[[Path], str]
) -> Iterator[tuple[str, str, Path | None]]:
    """Yield the name of each file, what the reference has there, and the student's."""
    root = theirs.context
    if root is None:
        return
    for name in mine.dockerfiles or ("Dockerfile",):
        file = mine.context / name if mine.context and mine.dockerfiles else None
        yield place(file) if file else name, _dockerfile(root, file, mine), file
    own_ignore = mine.context / ignore.NAME if mine.context else None
    there = own_ignore if own_ignore and own_ignore.is_file() else None
    yield place(there) if there else ignore.NAME, _text(root / ignore.NAME), there
    singles = [("requirements.txt", theirs.requirements, mine.requirements)]
    if not mine.app_is_keeper:
        singles.append(("app.py", theirs.app, mine.app))
    if mine.keeper or not mine.image:
        singles.append(("var_keeper/app.py", theirs.keeper, mine.keeper))
    for name, reference, student in singles:
        if reference:
            yield place(student) if student else name, _text(reference), student
    for folder, own in ((theirs.content, mine.content), (theirs.netplan, mine.netplan)):
        yield from _folder(folder, own, place)


def _folder(
    reference: Path | None, own: Path | None, place: Callable[[Path], str]
) -> Iterator[tuple[str, str, Path | None]]:
    """Yield the files of a folder that the lab leaves to the student: none where it was not handed in."""
    if reference is None or own is None:
        return
    names = {path.name: _text(path) for path in sorted(reference.iterdir()) if path.name != "index-step80.html"}
    files = {path.name: path for path in sorted(own.iterdir())[: ignore.FILES_LIMIT] if path.is_file()}
    for name in {**names, **files}:
        file = files.get(name)
        yield place(file) if file else f"{own.name}/{name}", names.get(name, ""), file


def _dockerfile(root: Path, file: Path | None, mine: Submission) -> str:
    """Return the reference's Dockerfile on the student's kind of base, its COPY as the student's layout needs it."""
    kind = "alpine"
    if file:
        with suppress(StudentFileError):
            base = Build(read_text(file, TEXT_LIMIT), [], ignore.Ignore()).base
            kind = dockerfile.variant(official_name(base))
    text = _text(root / (f"Dockerfile.{kind}" if kind else "Dockerfile"))
    flat = mine.context is None or not (mine.context / "flask_app").is_dir()
    return text.replace("COPY flask_app/ /app/", "COPY app.py /app/") if flat else text


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _steerless(line: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\t" else " " for letter in line)
