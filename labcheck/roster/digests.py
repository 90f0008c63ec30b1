"""The digest of what a student handed in: whoever's is the same need not be graded again."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.roster.entries import Entry

FILE_BYTES = 1 << 26  # of a file that are read
ALL_BYTES = 1 << 30  # of a submission
FILES = 50_000  # names that are taken in
_CHUNK = 1 << 20


def digest(entry: Entry) -> str:
    """Return the SHA-256 of the names and bytes of what was handed in, as 64 hexadecimal digits.

    It is the same wherever the files lie and whenever they were copied. Links are not followed: where they lead to
    counts. Of a file of more than 64 MB only its beginning, its size and the time of its last change count, and so for
    what comes after the first GB: a sparse file of terabytes takes no longer. An image counts by its name; that another
    one was pushed under it is not seen here.
    """
    found = hashlib.sha256(f"image {entry.image or ''}\0".encode("utf-8", "surrogateescape"))
    left = ALL_BYTES
    for root in (entry.path, *entry.beside):
        for number, (name, path) in enumerate(_walk(root) if root else ()):
            if number == FILES:
                break
            try:
                described, left = _described(path, left)
            except OSError as error:
                described = f"unreadable {error.errno}".encode()
            found.update(os.fsencode(name) + b"\0" + described + b"\0")
    return found.hexdigest()


def _walk(root: Path) -> Iterator[tuple[str, str]]:
    """Yield what is below a folder, or the file itself: names from `root` on, in an order that is always the same."""
    if not root.is_dir() or root.is_symlink():
        yield ("", str(root))
        return
    folders = [""]
    while folders:
        name = folders.pop()
        try:
            with os.scandir(root / name) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:  # a name too long for any path
            yield (name, str(root / name))
            continue
        for entry in found:
            inside = os.path.join(name, entry.name)  # noqa: PTH118 - a Path would drop what is odd about the name
            yield (inside, entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(inside)


def _described(path: str, left: int) -> tuple[bytes, int]:
    """Return what a file is, and how many bytes may be read after it."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return b"link " + os.fsencode(Path(path).readlink()), left
    if not stat.S_ISREG(found.st_mode):
        return f"kind {stat.S_IFMT(found.st_mode):o}".encode(), left
    limit = min(FILE_BYTES, left)
    content = hashlib.sha256()
    # O_NONBLOCK: a pipe that has taken the file's place in the meantime is not waited for
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - flags
        while limit and (chunk := file.read(min(_CHUNK, limit))):
            content.update(chunk)
            limit -= len(chunk)
            left -= len(chunk)
    changed = "" if found.st_size <= FILE_BYTES and limit else f" {found.st_mtime_ns}"
    return f"file {found.st_size}{changed} {content.hexdigest()}".encode(), left
