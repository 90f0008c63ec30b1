"""Archives made to hurt: each is refused in a sentence, within its limits, and nothing of it is left behind."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import re
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from labcheck.errors import UnreadableError
from labcheck.submission import archive, kinds
from labcheck.submission.kinds import Kind
from tests.labcheck.archives import LAB, member, refused, tarred, tree, unpack, zipped

if TYPE_CHECKING:
    from pathlib import Path

SMALL = dataclasses.replace(
    archive.LIMITS, unpacked=3_000_000, file=2_000_000, entries=500, ratio_from=1_000_000, seconds=20
)
NOISE = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(100))
ZEROS = bytes(1 << 20)


def zeros_member(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a .tar.gz of one entry of zeros, `size` bytes long, without its end."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed:
        packed.write(member(name, kind, size=size).tobuf(tarfile.GNU_FORMAT))
        for _chunk in range(size // len(ZEROS)):
            packed.write(ZEROS)
    return buffer.getvalue()


BOMBS = {
    "flat": zipped({"a": ZEROS * 4}),
    "a file": zipped({"a": bytes(range(256)) * 9000}, zipfile.ZIP_STORED),
    "many": zipped({str(number): ZEROS for number in range(4)}),
    "ratio": zipped({"a": ZEROS + b"1"}),
    "nested": zipped(LAB | {str(number): zipped({"a": ZEROS}) for number in range(4)}),
    "bzip2": zipped({"a": ZEROS * 4}, zipfile.ZIP_BZIP2),
    "tar.gz": tarred({"a": ZEROS * 4}, packed="gz"),
    "tar.xz": tarred({"a": ZEROS * 4}, packed="xz"),
    "junk": zipped({".git/a": ZEROS * 4}),
    "a device's content": zeros_member("a", 1 << 23, b"D"),
    "entries": zipped(dict.fromkeys(map(str, range(501)), b"")),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_bomb_is_refused(tmp_path: Path, content: bytes) -> None:
    """Bytes are counted while they are unpacked, entries while they are read, nested and left out ones too."""
    assert "is too big: " in refused(tmp_path, content, SMALL)


def test_bomb_within_the_limits_is_none(tmp_path: Path) -> None:
    """The same files in smaller numbers are unpacked: it is the limits that refuse."""
    unpack(tmp_path, zipped(dict.fromkeys(map(str, range(499)), b"") | {"b": bytes(999_000)}), SMALL)
    assert len(tree(tmp_path / "target")) == 500


def test_archive_that_holds_itself_is_opened_once(tmp_path: Path) -> None:
    """A quine unpacks to itself for ever; one level is enough for a student."""
    content = zipped(LAB)
    for _level in range(20):
        content = zipped({"r.zip": content}, zipfile.ZIP_STORED)
    unpack(tmp_path, content)
    assert list(tree(tmp_path / "target")) == ["r.zip/r.zip"]


def test_hundred_thousand_files_are_refused(tmp_path: Path) -> None:
    """A limit of its own, since each takes an inode and a moment."""
    block = b"".join(member(f"f{number}").tobuf() for number in range(1000))
    with gzip.open(tmp_path / "many", "wb", compresslevel=1) as packed:
        for _thousand in range(100):
            packed.write(block)
    assert "in 50000 files" in refused(tmp_path, (tmp_path / "many").read_bytes())


def test_two_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    """The size is enough; a sparse file here."""
    with (tmp_path / "big.zip").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(2 << 30)
    with pytest.raises(UnreadableError, match="too big"):
        archive.unpack(tmp_path / "big.zip", tmp_path / "target")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_header_that_is_as_long_as_memory_is_not_read(tmp_path: Path, kind: bytes) -> None:
    """Python's tarfile would read a long name or a pax header whole."""
    limits = dataclasses.replace(archive.LIMITS, memory=1 << 27)
    assert "is damaged" in refused(tmp_path, zeros_member("a", 1 << 27, kind), limits)


def lying(content: bytes, was: int, says: int) -> bytes:
    """Return the archive with another unpacked size in its headers."""
    return content.replace(struct.pack("<I", was), struct.pack("<I", says))


DAMAGED = {
    "size too small": lying(zipped({"a": bytes(77_777)}), 77_777, 1),
    "checksum": zipped({"a": b"content"}, zipfile.ZIP_STORED).replace(b"content", b"Content"),
    "truncated zip": zipped(LAB)[:-30],
    "truncated tar": tarred({"a": bytes(2000), "b": b""})[:1800],
    "truncated at a header": tarred({"a": b"", "b": b""})[:700],
    "truncated tar.gz": tarred({"a": NOISE}, packed="gz")[:1500],
    "truncated tar.xz": tarred({"a": NOISE}, packed="xz")[:1500],
    "zeroed in the middle": tarred(LAB)[:1024] + b"junk" + tarred(LAB)[1028:],
    "names differ": zipped({"aaa": b"", "bbb": b""}).replace(b"aaa", b"ccc", 1),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    """Half of a student's files is not graded as if it were all."""
    assert refused(tmp_path, content).startswith("Работа is damaged or was not uploaded to its end")


def test_size_that_is_too_big_in_its_header_is_no_size(tmp_path: Path) -> None:
    """Four gigabytes are said, four bytes are there: what counts is what comes out."""
    assert unpack(tmp_path, lying(zipped({"a": b"1234"}), 4, 0xFFFFFFFE)).bytes == 4


def test_overlapping_entries_count_each(tmp_path: Path) -> None:
    """A zip whose many names share one content comes to all of them together; or Python itself finds it damaged.

    Since 3.11.8, and Debian's 3.11.2, it refuses entries that overlap: https://github.com/python/cpython/issues/109858.
    """
    content = bytearray(zipped({"a": bytes(range(256)) * 4000}))
    directory = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    times = 100
    content[end:end] = content[directory:end] * (times - 1)
    new_end = content.index(b"PK\x05\x06")
    content[new_end + 8 : new_end + 16] = struct.pack("<HHI", times, times, new_end - directory)
    assert re.search("too big|is damaged", refused(tmp_path, bytes(content), SMALL))


@pytest.mark.parametrize(("bit", "sentence"), [(0x1, "asks for a password"), (0x20, "packed in a way")])
def test_encrypted_or_unknown_zip_says_so(tmp_path: Path, bit: int, sentence: str) -> None:
    """The first is a choice of the student's, the second a rare packer's."""
    content = bytearray(zipped(LAB))
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 8] |= bit
    at = -1
    while (at := content.find(b"PK\x03\x04", at + 1)) >= 0:
        content[at + 6] |= bit
    assert sentence in refused(tmp_path, bytes(content))


def test_zip64_is_read(tmp_path: Path) -> None:
    """Packers that write to a pipe use it for small files too."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made, made.open("a", "w", force_zip64=True) as file:
        file.write(b"1")
    unpack(tmp_path, buffer.getvalue())
    assert tree(tmp_path / "target") == {"a": b"1"}


@pytest.mark.parametrize("content", [zipped({}), tarred({"../a": b"1"}), tarred({}, member("a", tarfile.FIFOTYPE))])
def test_archive_without_files_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing to grade is not the same as a wrong answer."""
    assert "holds no files" in refused(tmp_path, content)


def test_central_directory_of_a_gigabyte_does_not_fill_the_memory(tmp_path: Path) -> None:
    """Python's zipfile reads it whole before the first entry: the process's own bound ends that."""
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(1 << 30)
        file.seek(1 << 30)
        file.write(struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 9, 9, (1 << 30) - 4, 4, 0))
    with pytest.raises(UnreadableError, match="MB of memory to read"):
        kinds.kind_of(path)


def test_kind_of_a_bomb_is_told_from_its_beginning() -> None:
    """What is passed over is bounded too."""
    content = io.BytesIO(zeros_member("a", 1 << 28))
    assert kinds.look_into(content) is Kind.TAR
    assert content.tell() < len(content.getvalue()) // 2
