"""The archive that a bundle is: a tar whose members are written as they come, and checked before they are used.

The standard library alone: it is read before there is a .venv.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from labcheck.bundle import manifest as manifests
from labcheck.bundle.manifest import Manifest, Part
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_CHUNK = 1 << 20
_MOST_MANIFEST = 10_000_000


class Writer:
    """A tar whose members' sizes are known only once they are written: each header is set right afterwards."""

    def __init__(self, file: IO[bytes]) -> None:
        """Write to a file in which one can go back."""
        self._file = file

    def add(self, name: str, chunks: Iterable[bytes]) -> Part:
        """Write a member and return what the manifest says of it."""
        entry = tarfile.TarInfo(name)
        entry.mode = 0o644
        at = self._file.tell()
        self._file.write(entry.tobuf(tarfile.GNU_FORMAT))
        digest = hashlib.sha256()
        for chunk in chunks:
            self._file.write(chunk)
            digest.update(chunk)
            entry.size += len(chunk)
        self._file.write(bytes(-entry.size % tarfile.BLOCKSIZE))
        end = self._file.tell()
        self._file.seek(at)
        self._file.write(entry.tobuf(tarfile.GNU_FORMAT))
        self._file.seek(end)
        return Part(name, entry.size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, and the end of the archive."""
        self.add(manifests.NAME, [manifest.to_json()])
        self._file.write(bytes(tarfile.BLOCKSIZE * 2))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Give a writer; the archive gets its name once it is whole, and one that is not is removed.

    Raises:
        LabcheckError: it cannot be written, for want of room or of rights.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        try:
            with part.open("wb") as file:
                yield Writer(file)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise LabcheckError(_("{path} cannot be written: {reason}").format(path=path, reason=error)) from error


@contextmanager
def reading(path: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    """Open a bundle and give its manifest.

    Raises:
        LabcheckError: it is no bundle, is not whole, or is of another format.
    """
    try:
        tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed below: what goes wrong meanwhile is not the archive's
    except (OSError, tarfile.TarError) as error:
        raise LabcheckError(_unread(path, error)) from error
    with tar:
        try:
            file = tar.extractfile(manifests.NAME)
            text = file.read(_MOST_MANIFEST) if file else b""
        except (KeyError, OSError, tarfile.TarError) as error:
            raise LabcheckError(_unread(path, error)) from error
        yield tar, manifests.from_json(text)


def opened(tar: tarfile.TarFile, part: Part) -> IO[bytes]:
    """Return a part's file.

    Raises:
        LabcheckError: the archive does not have it, or not the whole of it.
    """
    try:
        file = tar.extractfile(part.name)
        size = tar.getmember(part.name).size
    except KeyError:
        file, size = None, 0
    if file is None or size != part.bytes:
        raise LabcheckError(_broken(part))
    return file


def verify(tar: tarfile.TarFile, part: Part, say: Callable[[str], None] = lambda _line: None) -> None:
    """Read a part and compare its checksum with the manifest's.

    Raises:
        LabcheckError: it is another one.
    """
    digest, done = hashlib.sha256(), 0
    try:
        with opened(tar, part) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                say(_("{done:.0f} of {total:.0f} MB").format(done=done / 1e6, total=part.bytes / 1e6))
    except (OSError, tarfile.TarError) as error:
        raise LabcheckError(_broken(part)) from error
    if digest.hexdigest() != part.sha256:
        raise LabcheckError(_broken(part))


def tarred(folder: Path, names: Iterable[str], *, mode: str = "w") -> bytes:
    """Return a tar of files of a folder, in memory; `mode` is tarfile's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload] # a mode of tarfile's
        for name in names:
            tar.add(folder / name, arcname=name, recursive=False)
    return buffer.getvalue()


def _broken(part: Part) -> str:
    return _(
        "The bundle is damaged: {name} is not what was packed. Copy it again and compare sha256sum on both sides. "
        "Nothing of it was loaded."
    ).format(name=part.name)


def _unread(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return _("There is no {path}.").format(path=path)
    return _(
        "{path} is no bundle, or not the whole of one ({reason}). Copy it again, or write one: make bundle OUT=FILE"
    ).format(path=path, reason=error)
