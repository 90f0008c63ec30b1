"""The text of a report and where its links lead, one after the other; it runs in a process of its own."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from xml.parsers import expat

import pypdf

from labcheck.encodings import marked
from labcheck.submission import image_names
from labcheck.submission.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_LIMIT = 2_000_000  # characters, after which no more is read: a long report has 100,000
PAGES = 500
_XML_LIMIT = 50_000_000  # bytes of one part of a .docx
# the document, headers, footers, notes, comments, and the targets of their links
_DOCX_PARTS = re.compile(
    r"word/(?:_rels/)?(?:document\d*|header\d*|footer\d*|footnotes|endnotes|comments)\.xml(?:\.rels)?"
)
_BREAKS = {"p": "\n", "br": "\n", "cr": "\n", "tab": "\t", "tc": "\n"}  # of WordprocessingML: ECMA-376, part 1, 17
_INLINE = {*("a", "abbr", "b", "code", "em", "font", "i", "ins", "kbd", "mark", "o:p", "s", "samp", "small", "span")}
_INLINE |= {"strong", "sub", "sup", "tt", "u", "var", "wbr"}
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)")


def images_named(path: str, kind: str) -> list[dict[str, str]]:
    """Return the images that a report names, for `labcheck.submission.report.images_named`."""
    with Path(path).open("rb") as file:
        return [vars(named) for named in image_names.mentions(of(file, Kind[kind]))]


def of(file: BinaryIO, kind: Kind) -> str:
    """Return a report's text and, each on a line of its own, the targets of its links.

    What its parser raises for a damaged file is passed on.
    """
    readers = {Kind.DOCX: _docx, Kind.PDF: _pdf, Kind.HTML: _html}
    pieces = io.StringIO()
    for piece in readers.get(kind, _plain)(file):
        pieces.write(piece)
        if pieces.tell() > TEXT_LIMIT:
            break
    return pieces.getvalue()


def _plain(file: BinaryIO) -> Iterator[str]:
    yield decoded(file.read(TEXT_LIMIT))


def decoded(raw: bytes) -> str:
    """Return text in what its mark says, in UTF-8, or else in Windows' Cyrillic code page."""
    encoding, text = marked(raw)
    if encoding:
        return text.decode(encoding, errors="replace")
    try:
        # an incomplete character at the end is what the limit cut
        return codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        return raw.decode("cp1251", errors="replace")


def _html(file: BinaryIO) -> Iterator[str]:
    raw = file.read(TEXT_LIMIT)
    declared = _CHARSET.search(raw[:2048])
    try:
        text = raw.decode(declared[1].decode() if declared else "utf-8")
    except (LookupError, UnicodeDecodeError):
        text = decoded(raw)
    page = _Page()
    page.feed(text)
    page.close()
    yield from page.pieces
    yield from page.links


class _Page(HTMLParser):
    """Reads a page as a stream: a tree of it may be as deep as a stranger likes."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.links: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in {"script", "style"}
        self.pieces.append("" if tag in _INLINE else "\n")
        self.links += [f"\n{value}\n" for key, value in attrs if key == "href"]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        self.pieces.append("" if tag in _INLINE else "\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append("" if self._hidden else data)


def _pdf(file: BinaryIO) -> Iterator[str]:
    reader = pypdf.PdfReader(file)
    for page in reader.pages[:PAGES]:
        # long addresses are broken after a slash
        yield re.sub(r"/ ?\n(?=\w)", "/", page.extract_text()) + "\n"
        for annotation in page.get("/Annots") or []:
            action = annotation.get_object().get("/A")
            target = action.get_object().get("/URI") if action else None
            if target:
                yield f"\n{target}\n"


def _docx(file: BinaryIO) -> Iterator[str]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if _DOCX_PARTS.fullmatch(name):
                with archive.open(name) as part:
                    yield from _Part().pieces(part)


class _Part:
    """Reads one XML part of a .docx as a stream: never whole, and without entities, which Word does not write."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._links: list[str] = []
        self._into: list[str] | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse

    def pieces(self, part: IO[bytes]) -> Iterator[str]:
        left = _XML_LIMIT
        while left > 0 and (chunk := part.read(1 << 16)):
            left -= len(chunk)
            self._parser.Parse(chunk)
            yield "".join(self._pieces)
            self._pieces.clear()
        if left > 0:
            self._parser.Parse(b"", True)  # noqa: FBT003 - it tells of an end that is missing
        yield "\n" + "".join(self._links) + "\n"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "t":
            self._into = self._pieces
        elif local == "instrText":  # a link as a field: HYPERLINK "https://…"
            self._into = self._links
        elif local == "Relationship" and attributes.get("TargetMode") == "External":
            self._links.append(f"{attributes.get('Target')}\n")

    def _end(self, name: str) -> None:
        self._into = None
        self._pieces.append(_BREAKS.get(name.rpartition(" ")[2], ""))

    def _characters(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def _refuse(self, *_declaration: Any) -> None:  # noqa: ANN401 - expat's own
        raise ValueError("a .docx declares no document type")  # noqa: EM101, TRY003 - not for people
