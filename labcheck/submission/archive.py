"""Archives that students hand in, unpacked as plain files in bounds: no links, no modes, no name that leads out."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.errors import UnreadableError
from labcheck.i18n import _
from labcheck.submission import confined, kinds
from labcheck.submission.finder import ENVIRONMENT_MARK
from labcheck.submission.kinds import Kind
from labcheck.submission.unpacking import Limits, Unpacker, too_big

if TYPE_CHECKING:
    from typing import Any

LIMITS = Limits()
# what a virtual environment is made of; a student's own files may lie beside it
_ENVIRONMENT_FOLDERS = ("Include", "Lib", "Scripts", "bin", "include", "lib", "lib64", "share")


@dataclass(frozen=True)
class Unpacked:
    """What came of an archive.

    `folder` is where the student's files begin: folders that only wrap another are passed over. `bytes` and `files`
    count what the archive held, junk too; `said` are sentences about what was left out.
    """

    folder: Path
    bytes: int
    files: int
    said: tuple[str, ...]


def unpack(path: Path, target: Path, limits: Limits = LIMITS) -> Unpacked:
    """Unpack a .zip or .tar, told by its content, into `target`, a folder that is empty or not there yet.

    Files get the mode 0644 and folders 0755. A .zip or .tar in it is unpacked as well, into a folder of its name. What
    is in .git, node_modules and the like, or in a virtual environment's own folders, is counted and not written.

    Raises:
        FileExistsError: `target` is not empty.
        UnreadableError: it is no archive of a kind that can be opened, damaged, encrypted, without files, or beyond the
            limits; then `target` is gone.
    """
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(target)
    if path.stat().st_size > limits.packed:
        raise too_big(path.name, limits)
    kind = kinds.kind_of(path)
    if kind not in kinds.ARCHIVES:
        raise kinds.unreadable(kind, path.name) or UnreadableError(
            _("{name} is no archive of files, but of this kind: {kind}.").format(name=path.name, kind=kind.value)
        )
    bounds = confined.Bounds(limits.seconds, limits.memory, limits.file)
    arguments = (str(path.resolve()), str(target.resolve()), kind.name, asdict(limits))
    try:
        found = confined.call("labcheck.submission.archive:unpack_here", *arguments, name=path.name, bounds=bounds)
    except BaseException:  # Ctrl-C too
        shutil.rmtree(target, ignore_errors=True)
        raise
    return Unpacked(_unwrapped(target), found["bytes"], found["files"], tuple(found["said"]))


def _unwrapped(folder: Path) -> Path:
    while len(inside := list(folder.iterdir())) == 1 and inside[0].is_dir():
        folder = inside[0]
    return folder


def unpack_here(path: str, target: str, kind: str, limits: dict[str, int]) -> dict[str, Any]:
    """Do what `unpack` says, in a process of its own."""
    os.umask(0o022)  # a web server in a container reads them as somebody else
    archive, root = Path(path), Path(target)
    root.mkdir(parents=True, exist_ok=True)
    unpacker = Unpacker(archive.name, archive.stat().st_size, Limits(**limits))
    with archive.open("rb") as file:
        nested = unpacker.unpack(file, Kind[kind], root)
    for inner in nested:
        unpacker.unpack_nested(inner)
    if not unpacker.written:
        raise unpacker.refusal or UnreadableError(
            " ".join([_("{name} holds no files.").format(name=archive.name), *unpacker.said()])
        )
    for mark in [path for path in root.rglob(ENVIRONMENT_MARK) if path.is_file()]:
        for name in _ENVIRONMENT_FOLDERS:
            shutil.rmtree(mark.parent / name, ignore_errors=True)
    return {"bytes": unpacker.bytes, "files": unpacker.files, "said": unpacker.said()}
