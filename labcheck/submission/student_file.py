"""A student's file as data: read within limits, no link followed, every trouble a sentence for the student."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from labcheck.encodings import marked
from labcheck.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

TEXT_LIMIT = 200_000  # bytes; the longest file of the lab has 2000


class StudentFileError(Exception):
    """A student's file cannot be read; the message is a sentence for the student."""


def read_text(path: Path, limit: int = TEXT_LIMIT) -> str:
    """Return a student's file as text; what is no UTF-8 in it is replaced.

    Raises:
        StudentFileError: it is longer than `limit` bytes, no plain file, in UTF-16, or cannot be opened.
    """
    encoding, raw = marked(read_bytes(path, limit))
    if encoding not in {"", "utf-8"}:
        raise StudentFileError(
            _("{name} is saved as UTF-16, which nothing here reads: save it as UTF-8.").format(name=path.name)
        )
    return raw.decode("utf-8", errors="replace").replace("\r\n", "\n")


def read_bytes(path: Path, limit: int = TEXT_LIMIT) -> bytes:
    """Return a student's file; a link is not followed, wherever it leads.

    Raises:
        StudentFileError: as `read_text`.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise StudentFileError(_("{name} is not a plain file.").format(name=path.name))
        if status.st_size > limit:
            raise StudentFileError(
                _("{name} has {size} bytes, too many to be what the lab asks for.").format(
                    name=path.name, size=status.st_size
                )
            )
        return path.read_bytes()
    except OSError as error:
        raise StudentFileError(
            _("{name} cannot be read: {reason}.").format(name=path.name, reason=error.strerror)
        ) from error
