"""What a student handed in as bytes, for a machine that does not share our disk: whole, as it lies here, in bounds."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BYTES = 1 << 30  # of all files: sender, scheduler and worker hold them in memory
FILES = 50_000


def pack(path: Path) -> bytes:
    """Return a folder or a file as a tar under its own name. Links stay links; devices are left out.

    Raises:
        LabcheckError: it is too much. OSError: it cannot be read.
    """
    root = path.resolve()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        left = BYTES
        for count, file in enumerate(_below(root)):
            info = archive.gettarinfo(file, f"{root.name}/{file.relative_to(root)}" if file != root else root.name)
            if info is None or (info.isdev() and not info.isfifo()):  # a socket, a device
                continue
            left -= info.size
            if left < 0 or count > FILES:
                raise LabcheckError(
                    _(
                        "{name} is too big to be sent to a worker: at most {size} MB in {files} files. "
                        "Grade it on this machine, without a scheduler."
                    ).format(name=root.name, size=BYTES // 1_000_000, files=FILES)
                )
            info.uid = info.gid = 0  # as `docker build` takes them
            info.uname = info.gname = ""
            info.mode = info.mode & 0o777 | (0o700 if info.isdir() else 0o600)
            if info.isreg():
                with file.open("rb") as content:
                    archive.addfile(info, content)
            else:
                archive.addfile(info)
    return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> Path:
    """Write what `pack` packed below a folder, and return where it is now.

    Raises:
        OSError: there is no room for it.
    """
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
        # a later Python wants to be told: links of a student's may lead anywhere, nobody follows them
        archive.extraction_filter = lambda member, _folder: member
        archive.extractall(folder)  # noqa: S202 - `pack` made it, of names that lay in one folder
        return folder / archive.getnames()[0]


def _below(root: Path) -> Iterator[Path]:
    """Yield a file or folder and all that is below it, each folder before what it holds; links are not followed."""
    waiting = [root]
    while waiting:
        path = waiting.pop()
        yield path
        if path.is_dir() and not path.is_symlink():
            waiting += sorted(path.iterdir(), reverse=True)
