"""What was handed in is told by its bytes, and what cannot be opened by what to hand in instead."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from labcheck.errors import UnreadableError
from labcheck.submission import archive, kinds, report
from labcheck.submission.kinds import Kind
from tests.labcheck.archives import LAB, member, tarred, zipped

if TYPE_CHECKING:
    from pathlib import Path

HEX = "5b4e425e" * 8
MANIFEST = json.dumps([{"Config": f"{HEX}.json", "RepoTags": ["a/b:latest"], "Layers": []}]).encode()
KINDS = {
    "zip": (zipped(LAB), Kind.ZIP),
    "empty zip": (zipped({}), Kind.ZIP),
    "damaged zip": (zipped(LAB)[:-30], Kind.ZIP),
    "docx": (zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), Kind.DOCX),
    "docx of Word online": (zipped({"[Content_Types].xml": b"", "word/document2.xml": b""}), Kind.DOCX),
    "xlsx": (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), Kind.OFFICE),
    "odt": (zipped({"mimetype": b"", "content.xml": b""}), Kind.OFFICE),
    "tar": (tarred(LAB), Kind.TAR),
    "tar.gz": (tarred(LAB, packed="gz"), Kind.TAR),
    "tar.bz2": (tarred(LAB, packed="bz2"), Kind.TAR),
    "tar.xz": (tarred(LAB, packed="xz"), Kind.TAR),
    "a manifest.json of something else": (tarred({"manifest.json": b'{"name": "pwa"}'} | LAB), Kind.TAR),
    "docker save": (tarred({f"{HEX}/layer.tar": b"", "manifest.json": b""}), Kind.IMAGE),
    "docker save of later engines": (tarred({f"blobs/sha256/{HEX}": b"", "index.json": b""}, packed="gz"), Kind.IMAGE),
    "manifest alone": (tarred({"manifest.json": MANIFEST}), Kind.IMAGE),
    "docker export": (tarred({".dockerenv": b"", "bin/sh": b""}), Kind.EXPORT),
    "a root file system": (
        tarred(
            {}, *(member(f"./{name}", tarfile.DIRTYPE) for name in ("bin", "dev", "etc", "usr", "var")), packed="gz"
        ),
        Kind.EXPORT,
    ),
    "a home folder": (tarred({"bin/x": b"", "tmp/x": b"", "app/x": b""}), Kind.TAR),
    "rar": (b"Rar!\x1a\x07\x01\x00", Kind.RAR),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", Kind.SEVEN_ZIP),
    "pdf": (b"%PDF-1.7\n", Kind.PDF),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Kind.OFFICE),
    "rtf": (b"{\\rtf1\\ansi", Kind.OFFICE),
    "html": (b"\xef\xbb\xbf<!-- saved -->\n<!DOCTYPE html><html>", Kind.HTML),
    "text": ("# Отчёт\n<b>var_keeper</b>\n".encode("cp1251"), Kind.TEXT),
    "text in UTF-16": ("Отчёт".encode("utf-16"), Kind.TEXT),
    "film": (b"\0\0\0\x20ftypisom" + bytes(900), Kind.OTHER),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind.OTHER),
    "gzip of something else": (gzip.compress(b"a log" * 200), Kind.OTHER),
    "nothing": (b"", Kind.OTHER),
    "zeros": (bytes(2048), Kind.OTHER),
}


@pytest.mark.parametrize(("content", "kind"), KINDS.values(), ids=KINDS)
def test_kind_is_told_by_content(tmp_path: Path, content: bytes, kind: Kind) -> None:
    """Whatever the file is called: here it has no ending at all."""
    (tmp_path / "работа").write_bytes(content)
    assert kinds.kind_of(tmp_path / "работа") is kind


@pytest.mark.parametrize(("name", "kind"), [("a.csv", Kind.CSV), ("a.html", Kind.HTML), ("a.md", Kind.TEXT)])
def test_texts_are_told_by_their_name(tmp_path: Path, name: str, kind: Kind) -> None:
    """Text has no other mark."""
    (tmp_path / name).write_text("name,image\n", encoding="utf-8")
    assert kinds.kind_of(tmp_path / name) is kind


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe that nobody writes to would never end."""
    os.mkfifo(tmp_path / "pipe")
    assert kinds.kind_of(tmp_path / "pipe") is Kind.OTHER
    assert kinds.kind_of(tmp_path) is Kind.OTHER


@pytest.mark.parametrize("read", [lambda path: archive.unpack(path, path.parent / "out"), report.images_named])
@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("rar", "hand in the same folder as .zip"),
        ("7z", "hand in the same folder as .zip"),
        ("docker export", "hand in what docker save writes"),
        ("film", "neither an archive nor a report"),
        ("doc", "save it as .docx or .pdf"),
    ],
)
def test_what_cannot_be_opened_says_what_to_hand_in(tmp_path: Path, read: object, case: str, sentence: str) -> None:
    """It is ungradable, with a sentence for the student; it starts with the file's name."""
    path = tmp_path / "Иванов"
    path.write_bytes(KINDS[case][0])
    with pytest.raises(UnreadableError, match=rf"^Иванов .*{sentence}"):
        read(path)  # type: ignore[operator]


def test_archive_is_no_report_and_a_report_no_archive(tmp_path: Path) -> None:
    """Each reader names the kind that it was given instead."""
    (tmp_path / "a").write_bytes(zipped(LAB))
    with pytest.raises(UnreadableError, match=r"a is no report, but of this kind: \.zip"):
        report.images_named(tmp_path / "a")
    (tmp_path / "b").write_bytes(b"text")
    with pytest.raises(UnreadableError, match=r"b is no archive of files, but of this kind: \.txt"):
        archive.unpack(tmp_path / "b", tmp_path / "out")
