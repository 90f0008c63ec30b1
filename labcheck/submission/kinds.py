"""What kind of thing was handed in, told by its bytes, not by its name."""

from __future__ import annotations

import codecs
import enum
import itertools
import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from labcheck.errors import UnreadableError
from labcheck.i18n import _
from labcheck.submission import confined, entries

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(enum.Enum):
    """The kinds that are told apart; the value is what a person calls it."""

    ZIP = ".zip"
    TAR = ".tar"  # packed by gzip, bzip2, xz, or not at all
    DOCX = ".docx"
    IMAGE = "docker save"  # its own format, or an OCI layout
    EXPORT = "docker export"
    RAR = ".rar"
    SEVEN_ZIP = ".7z"
    PDF = ".pdf"
    HTML = ".html"
    TEXT = ".txt"  # Markdown too
    CSV = ".csv"
    OFFICE = _("office document")  # .doc, .odt, .rtf, .xlsx …
    OTHER = _("something else")


ARCHIVES = (Kind.ZIP, Kind.TAR)
REPORTS = (Kind.DOCX, Kind.PDF, Kind.HTML, Kind.TEXT)
ARCHIVE_ENDINGS = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z"}
REPORT_ENDINGS = {".docx", ".pdf", ".html", ".htm", ".md", ".txt"}
UNREADABLE_REPORT_ENDINGS = {".doc", ".odt", ".rtf", ".pages"}
HEAD = 4096  # bytes that tell a kind, or that an archive has to be looked into

_MARKS = {
    b"Rar!\x1a\x07": Kind.RAR,
    b"7z\xbc\xaf\x27\x1c": Kind.SEVEN_ZIP,
    b"{\\rtf": Kind.OFFICE,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Kind.OFFICE,  # .doc and its like, before 2007
}
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # with entries, empty, in parts
_PACKED_MARKS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))  # with ESC: terminals are pasted with their colours
_HTML = re.compile(
    rb"\s*(?:<(?:\?xml|!--)[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|meta|div|h1|p)\b", re.IGNORECASE
)
# what docker save writes: https://github.com/moby/docker-image-spec/blob/main/v1.2.md, and
# https://github.com/opencontainers/image-spec/blob/main/image-layout.md
_LAYER = re.compile(r"[0-9a-f]{64}(?:/(?:VERSION|json|layer\.tar)|\.json)|blobs/sha256/[0-9a-f]{64}|oci-layout")
_ROOT_FOLDERS = {*("bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run")}
_ROOT_FOLDERS |= {"sbin", "srv", "sys", "tmp", "usr", "var"}
_MANY_ROOT_FOLDERS = 5
_ENTRIES_LOOKED_AT = 2_000
_BYTES_LOOKED_AT = 1 << 25  # of what is passed over in a packed archive
_BOUNDS = confined.Bounds(seconds=10, memory=1 << 29)


def kind_of(path: Path) -> Kind:
    """Return what kind of file it is; a folder or a pipe is something else.

    Raises:
        UnreadableError: an archive takes too much to look into.
    """
    if path.exists() and not path.is_file():
        return Kind.OTHER  # to open a pipe would be to wait for ever
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not needs_looking_into(head):
        return _by_head(head, path.suffix.lower())
    return Kind(
        confined.call("labcheck.submission.kinds:look_into_path", str(path.resolve()), name=path.name, bounds=_BOUNDS)
    )


def unreadable(kind: Kind, name: str) -> UnreadableError | None:
    """Return the error with what to hand in instead of a file of this kind, None for what can be read."""
    if kind in {Kind.RAR, Kind.SEVEN_ZIP}:
        sentence = _("{name} is a {kind} archive, which cannot be opened here: hand in the same folder as .zip.")
    elif kind is Kind.EXPORT:
        sentence = _(
            "{name} was written by docker export, which loses the image's command and settings: hand in what "
            "docker save writes, or the image's full name."
        )
    elif kind is Kind.OFFICE:
        sentence = _("{name} cannot be read as a report: save it as .docx or .pdf and hand that in.")
    elif kind is Kind.OTHER:
        sentence = _(
            "{name} is neither an archive nor a report: hand in the lab's folder as .zip, what docker save writes, "
            "or the report that names the image (.docx, .pdf, .html, .md, .txt)."
        )
    else:
        return None
    return UnreadableError(sentence.format(name=name, kind=kind.value), kind.value)


def is_packed(head: bytes) -> bool:
    """Tell by the first bytes whether it is an archive of any kind."""
    return needs_looking_into(head) or _by_head(head, "") in {Kind.RAR, Kind.SEVEN_ZIP}


def needs_looking_into(head: bytes) -> bool:
    """Tell by the first bytes whether it is an archive of a kind that can be opened."""
    return head.startswith(_ZIP_MARKS + _PACKED_MARKS) or _is_tar(head)


def look_into(file: BinaryIO, suffix: str = "") -> Kind:
    """Return the kind of an open file, in a process whose memory and time are bounded."""
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(_ZIP_MARKS):
        return _kind_of_zip(file)
    if head.startswith(_PACKED_MARKS):
        try:
            with entries.unpacked(file) as plain:
                head = plain.read(entries.BLOCK)
        except entries.DAMAGED:
            return Kind.TAR  # who opens it says what is wrong
        return _kind_of_tar(file) if _is_tar(head) else Kind.OTHER
    return _kind_of_tar(file) if _is_tar(head) else _by_head(head, suffix)


def look_into_path(path: str) -> str:
    """Return the name of the kind, for `kind_of`."""
    with Path(path).open("rb") as file:
        return look_into(file).value


def _by_head(head: bytes, suffix: str) -> Kind:
    kind = next((kind for mark, kind in _MARKS.items() if head.startswith(mark)), None)
    if kind:
        return kind
    if b"%PDF-" in head[:1024]:  # readers allow junk before it: ISO 32000-1, annex H.3.4.1
        return Kind.PDF
    if head.startswith(_UTF_16):
        head = head.decode("utf-16", errors="ignore").encode()
    if not head.strip() or any(byte in _NO_TEXT for byte in head):
        return Kind.OTHER
    if suffix in {".htm", ".html"} or _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        return Kind.HTML
    return Kind.CSV if suffix == ".csv" else Kind.TEXT


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[: entries.BLOCK], "utf-8", "surrogateescape")  # it checks the header's sum
    except tarfile.TarError:
        return False
    return True


def _kind_of_zip(file: BinaryIO) -> Kind:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (*entries.DAMAGED, NotImplementedError):
        return Kind.ZIP  # who opens it says what is wrong
    if "[Content_Types].xml" in names:
        return Kind.DOCX if any(name.startswith("word/document") for name in names) else Kind.OFFICE
    return Kind.OFFICE if {"mimetype", "content.xml"} <= names else Kind.ZIP


def _kind_of_tar(file: BinaryIO) -> Kind:
    """Look at the first entries: docker save's say so at once, docker export has a whole system at its top."""
    roots: set[str] = set()
    try:
        for entry in itertools.islice(entries.of_tar(file, _spend(_BYTES_LOOKED_AT)), _ENTRIES_LOOKED_AT):
            name = entry.name.removeprefix("./").rstrip("/")
            if _LAYER.fullmatch(name) or (name == "manifest.json" and _is_manifest(entry)):
                return Kind.IMAGE
            roots.add(name.partition("/")[0])
            if ".dockerenv" in roots or len(roots & _ROOT_FOLDERS) >= _MANY_ROOT_FOLDERS:
                return Kind.EXPORT
    except entries.DAMAGED:
        return Kind.TAR  # who opens it says what is wrong
    return Kind.TAR


def _spend(left: int) -> Callable[[int], None]:
    def spend(count: int) -> None:
        nonlocal left
        left -= count
        if left < 0:
            raise EOFError  # enough was seen

    return spend


def _is_manifest(entry: entries.Entry) -> bool:
    try:
        with entry.open() as content:
            images = json.loads(content.read(1 << 20))
        return all({"Config", "Layers"} <= set(image) for image in images) and bool(images)
    except (ValueError, TypeError, AttributeError):
        return False
