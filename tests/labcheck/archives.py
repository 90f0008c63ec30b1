"""Archives as students and attackers make them, built at test time."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from labcheck.errors import UnreadableError
from labcheck.submission import archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labcheck.submission.unpacking import Limits

LAB = {"lab/Dockerfile": b"FROM python:3.10.6\n", "lab/app.py": b"from flask import Flask\n"}


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a .zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes], *special: tarfile.TarInfo, packed: str = "") -> bytes:
    """Return a .tar with more entries after the files; `packed` is gz, bz2, xz or nothing."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{packed}") as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            archive.addfile(member(name, size=len(content)), io.BytesIO(content))
        for info in special:
            archive.addfile(info)
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, *, target: str = "", size: int = 0) -> tarfile.TarInfo:
    """Return a tar entry, setuid and open to everybody."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, target, size, 0o6777
    return info


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder, by their path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpack(tmp_path: Path, content: bytes, limits: Limits = archive.LIMITS) -> archive.Unpacked:
    """Unpack an archive whose name says nothing."""
    (tmp_path / "Работа").write_bytes(content)
    return archive.unpack(tmp_path / "Работа", tmp_path / "target", limits)


def refused(tmp_path: Path, content: bytes, limits: Limits = archive.LIMITS) -> str:
    """Return the sentence of an archive that cannot be opened; nothing of it is left behind."""
    with pytest.raises(UnreadableError) as error:
        unpack(tmp_path, content, limits)
    assert not (tmp_path / "target").exists()
    return str(error.value)
