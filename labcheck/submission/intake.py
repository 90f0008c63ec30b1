"""Take in what a student handed in, in whatever shape: a folder, an archive, an image, a report that names one.

All of it is data: archives are unpacked within limits, reports are read for the name of an image, nothing is run.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck import tables
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.plain import plain_line
from labcheck.submission import archive, finder, image_names, kinds, report, submission
from labcheck.submission.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.submission.submission import Submission

_MOST = 10  # archives in a folder that are opened, and reports that are read
# text files of a submission that are no reports, whatever names of images are in them
_NO_REPORTS = {"index.html", "requirements.txt", "collected.txt", "history.txt", "images.txt"}
_COLUMNS = {"name": {"имя", "фио"}, "image": {"образ"}, "path": {"путь", "папка"}}


@dataclass(frozen=True)
class Taken:
    """What was taken in; `roots` are the folders that its files lie in now, each with the name that people know."""

    submission: Submission
    roots: dict[Path, str] = field(default_factory=dict)

    def completed(self, submission: Submission, image_folder: Path) -> Taken:
        """Return the same with what was read from the image, into that folder."""
        return Taken(submission, {**self.roots, image_folder: _("image")})

    def place(self, path: Path) -> str:
        """Return where a file is, in words that people know."""
        for root, name in self.roots.items():
            if path.resolve().is_relative_to(root.resolve()):
                inside = str(path.resolve().relative_to(root.resolve()))
                return f"{name}: {inside}" if name else inside
        return path.name


@contextmanager
def take_in(path: Path | None, image: str | None) -> Iterator[Taken]:
    """Give what is in a folder or a file, and the image that was named beside it; unpacked files go afterwards.

    Raises:
        UnreadableError: it is nothing that we can open. LabcheckError: there is nothing of the lab in it.
    """
    if path is None:
        if not image:
            raise LabcheckError(_("Nothing was handed in: name a folder, an archive, a report or an image."))
        name = image_names.name_in(image) or image
        yield Taken(submission.Submission(name=name, image=name))
        return
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        yield _taken(path, Path(directory), image)


def _taken(path: Path, directory: Path, image: str | None) -> Taken:
    try:
        return _Intake(path, directory).taken(image)
    except OSError as error:
        raise LabcheckError(
            _("{path} cannot be read: {reason}").format(path=error.filename or path, reason=error.strerror)
        ) from error


class _Intake:
    """Looks at one thing that was handed in."""

    def __init__(self, path: Path, directory: Path) -> None:
        self._path = path
        self._name = plain_line(path.resolve().name)  # it may hold anything that a file system takes
        self._directory = directory
        self._roots: dict[Path, str] = {}
        self._notes: list[str] = []
        self._image_archive: Path | None = None
        self._named: str | None = None

    def taken(self, image: str | None) -> Taken:
        self._look_at_path()
        found = submission.in_folders(self._name, *self._roots)
        found = replace(
            found,
            image=(image_names.name_in(image) or image) if image else self._named,
            image_archive=None if image else self._image_archive,
            notes=tuple(dict.fromkeys(self._notes)),
        )
        if self._notes and found.is_empty:
            raise LabcheckError("\n".join(self._notes))
        return Taken(submission.or_nothing(found, self._path), self._roots)

    def _look_at_path(self) -> None:
        if not self._path.exists():
            raise LabcheckError(_("There is no {path}.").format(path=self._path))
        if self._path.is_dir():
            self._roots[self._path] = ""
            self._look_through()
        else:
            self._open(self._path)

    def _look_through(self) -> None:
        """Open the archives of a folder, and read its reports for an image's name."""
        files = finder.walk(list(self._roots)).files
        for file in [file for file in files if file.suffix.lower() in kinds.ARCHIVE_ENDINGS][:_MOST]:
            self._open_beside(file)
        files = finder.walk(list(self._roots)).files
        for file in [file for file in files if file.suffix.lower() in kinds.UNREADABLE_REPORT_ENDINGS][:_MOST]:
            self._notes.append(_("{name} cannot be read: a report is .docx or .pdf.").format(name=file.name))
        for file in [file for file in files if _is_report(file)][:_MOST]:
            self._read_report(file)

    def _open_beside(self, file: Path) -> None:
        try:
            self._open(file)
        except LabcheckError as error:  # the rest counts
            self._notes.append(str(error))

    def _open(self, file: Path) -> None:
        kind = kinds.kind_of(file)
        refusal = kinds.unreadable(kind, file.name)
        if refusal:
            raise refusal
        if kind in kinds.ARCHIVES:
            unpacked = archive.unpack(file, self._directory / f"{len(self._roots)}")
            self._notes += unpacked.said
            self._roots[unpacked.folder] = file.name
            if file == self._path:
                self._look_through()
        elif kind is Kind.IMAGE:
            self._image_archive = file
        elif kind is Kind.CSV and file == self._path:
            self._read_row(file)
        else:
            self._read_report(file)
            if self._named is None:
                raise LabcheckError(
                    _("{name} names no image: the lab asks for its full name in the report (after step 148).").format(
                        name=file.name
                    )
                )

    def _read_report(self, file: Path) -> None:
        try:
            named = report.images_named(file)
        except LabcheckError as error:
            self._notes.append(str(error))
            return
        if named and self._named is None:
            self._named = named[0].name
            self._notes.append(_("{report} names the image {image}.").format(report=file.name, image=self._named))

    def _read_row(self, file: Path) -> None:
        """Read `name,image`: one student; more are a class. A path is not followed: it may lead to anybody's work."""
        rows = tables.read(file, _COLUMNS).rows
        if len(rows) != 1:
            raise LabcheckError(
                _("{name} has {count} students: one line is name,image or name,image,path.").format(
                    name=file.name, count=len(rows)
                )
            )
        self._name = plain_line(rows[0]["name"]) or self._name
        self._named = image_names.name_in(rows[0]["image"]) or rows[0]["image"] or None
        if rows[0]["path"]:
            self._notes.append(
                _("{name} names a path, which is not followed: what counts is handed in itself.").format(name=file.name)
            )


def _is_report(file: Path) -> bool:
    if file.suffix.lower() not in kinds.REPORT_ENDINGS or file.name.lower() in _NO_REPORTS:
        return False
    return not (file.suffix.lower() == ".html" and (file.parent / "index.html").exists())  # a page of step 80
