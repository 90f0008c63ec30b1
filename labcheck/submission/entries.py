"""What is in a .zip or a .tar, entry by entry in the archive's order; nothing that it says about itself is trusted."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from labcheck.errors import UnreadableError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 512  # bytes: tar's header and padding
_MOST_AT_ONCE = 1 << 20  # bytes: more is asked for only by a header that lies about its length
_ENCRYPTED, _UTF8 = 0x1, 0x800  # general purpose bits: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
_WINDOWS_FOLDER = 0x10  # the MS-DOS directory attribute
_UNICODE_PATH = 0x7075  # an extra field with the name in UTF-8
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюяё№"
_PACKED_TARS: dict[bytes, Callable[[BinaryIO], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb")),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
DAMAGED = (  # what the standard library's readers raise for bytes that are not what they should be
    EOFError,
    IndexError,
    OSError,
    OverflowError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Entry:
    """A file, a folder or something else in an archive, under the name that it has there."""

    name: str
    kind: str  # "file", "folder", "link" or "device"
    open: Callable[[], IO[bytes]]


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Word what the standard library's readers raise; `name` is what the archive was handed in as.

    Raises:
        UnreadableError: it is damaged, or was packed in a way that is not known here.
    """
    try:
        yield
    except NotImplementedError as error:
        sentence = _("{name} was packed in a way that cannot be opened here: hand in an ordinary .zip.")
        raise UnreadableError(sentence.format(name=name), str(error)) from error
    except DAMAGED as error:
        sentence = _("{name} is damaged or was not uploaded to its end: pack and hand it in anew.")
        raise UnreadableError(sentence.format(name=name), repr(error)) from error


@contextmanager
def unpacked(file: BinaryIO) -> Iterator[IO[bytes]]:
    """Give the bytes of a tar archive that may be packed by gzip, bzip2 or xz."""
    file.seek(0)
    head = file.read(6)
    file.seek(0)
    opener = next((opener for mark, opener in _PACKED_TARS.items() if head.startswith(mark)), None)
    if opener is None:
        yield file
    else:
        with opener(file) as stream:
            yield stream


class _Forward:
    """A stream for tarfile that is never read backwards, in small pieces only."""

    def __init__(self, stream: IO[bytes], spend: Callable[[int], None]) -> None:
        self._stream = stream
        self._spend = spend
        self.last = b""

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, position: int) -> None:
        gap = position - self._stream.tell()
        if gap < 0:
            raise tarfile.ReadError("an entry overlaps the one before")  # noqa: EM101, TRY003 - not for people
        self._spend(gap)
        self._stream.seek(position)

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise tarfile.ReadError("a header is too long")  # noqa: EM101, TRY003 - not for people
        self.last = self._stream.read(size)
        return self.last


def of_tar(file: BinaryIO, spend: Callable[[int], None] = lambda _bytes: None) -> Iterator[Entry]:
    """Yield the entries of a tar archive; `spend` is told of the bytes that are passed over.

    tarfile's own `data` filter is not in every Python 3.10 and 3.11, and says nothing of sizes; nothing is extracted
    by tarfile here, so links, modes and owners have no effect at all.

    Raises:
        one of DAMAGED: it ends too early, or is no tar archive.
    """
    with unpacked(file) as plain:
        stream = _Forward(plain, spend)
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r:", encoding="utf-8") as archive:
            while (member := archive.next()) is not None:
                name = decoded(member.name.encode("utf-8", "surrogateescape"))
                yield Entry(name, _kind_of_member(member), partial(_content, archive, member))
            if stream.last.strip(b"\0"):
                raise tarfile.ReadError("something else follows the last entry")  # noqa: EM101, TRY003 - not for people


def _kind_of_member(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "link"
    if member.isdir():
        return "folder"
    return "file" if member.isreg() else "device"


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    return cast("IO[bytes]", archive.extractfile(member))


def of_zip(file: BinaryIO, name: str, expect: Callable[[int], None] = lambda _count: None) -> Iterator[Entry]:
    """Yield the entries of a zip archive that was handed in as `name`; `expect` is told first how many there are.

    Raises:
        UnreadableError: it asks for a password.
        NotImplementedError, or one of DAMAGED: see `reading`.
    """
    with zipfile.ZipFile(file) as archive:
        if any(info.flag_bits & _ENCRYPTED for info in archive.infolist()):
            sentence = _("{name} asks for a password: hand in a .zip without one.")
            raise UnreadableError(sentence.format(name=name), "encrypted")
        expect(len(archive.infolist()))
        for info in archive.infolist():
            yield Entry(zip_name(info), _kind_of_info(info), partial(archive.open, info))


def _kind_of_info(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if info.filename.endswith(("/", "\\")) or info.external_attr & _WINDOWS_FOLDER or stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) or not stat.S_IFMT(mode) else "device"


def zip_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name: without the UTF-8 flag it is in the packer's own code page, on a Russian Windows 866."""
    if info.flag_bits & _UTF8:
        return info.filename
    raw = info.filename.encode("cp437")  # what zipfile decoded it by
    return _unicode_path(info.extra, zlib.crc32(raw)) or decoded(raw)


def decoded(raw: bytes) -> str:
    """Return a name that does not say how it is encoded: UTF-8 (macOS), a code page of Russia, else the first PC's."""
    for encoding in ("utf-8", "cp866", "cp1251"):
        name = raw.decode(encoding, errors="replace")
        if encoding == "utf-8" and "\ufffd" not in name:
            return name
        if all(char.isascii() or char in _RUSSIAN for char in name.lower()):
            return name
    return raw.decode("cp437")


def _unicode_path(extra: bytes, checksum: int) -> str:
    """Return the name of Info-ZIP's extra field, empty where there is none or it belongs to another name."""
    while len(extra) >= 4:  # noqa: PLR2004 - the field's own header: id and length
        field, length = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if field == _UNICODE_PATH and body[1:5] == struct.pack("<I", checksum):
            return body[5:].decode("utf-8", errors="replace")
    return ""
