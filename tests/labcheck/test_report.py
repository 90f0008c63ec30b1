"""The image is found wherever in a report it stands; a report made to hurt costs a sentence."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

import pytest

from labcheck.errors import UnreadableError
from labcheck.submission import confined, report, report_text
from labcheck.submission.kinds import Kind
from tests.labcheck.archives import zipped
from tests.labcheck.reports import docx, paragraph, pdf

if TYPE_CHECKING:
    from pathlib import Path

NAME = "ivanov/var_keeper"
HUB = f"https://hub.docker.com/r/{NAME}"
TEXT = f"Полное название образа: {NAME}\r\nи всё"
HTML = '<!DOCTYPE html><meta charset="{}"><title>Отчёт</title>{}'
REPORTS = {
    "docx": docx(paragraph("docker push iva", "nov/var_", "keeper")),
    "docx, table": docx(f"<w:tbl><w:tr><w:tc>{paragraph('Образ')}</w:tc><w:tc>{paragraph(NAME)}</w:tc></w:tr></w:tbl>"),
    "docx, text box": docx(f"<w:p><w:r><w:pict><w:txbxContent>{paragraph(NAME)}</w:txbxContent></w:pict></w:r></w:p>"),
    "docx, header": docx(paragraph("Отчёт"), header2=paragraph(NAME)),
    "docx, footnote": docx(paragraph("Отчёт"), footnotes=paragraph(NAME)),
    "docx, link": docx(paragraph("мой образ"), links=HUB),
    "docx, link as a field": docx(f'<w:p><w:instrText> HYPERLINK "{HUB}" </w:instrText></w:p>' + paragraph("здесь")),
    "docx, two paragraphs": docx(paragraph(NAME) + paragraph("latest")),
    "pdf": pdf(f"Image\ndocker push {NAME}\nEnd"),
    "pdf, link": pdf("here", link=HUB),
    "pdf, broken after a slash": pdf(f"{HUB.removesuffix('var_keeper')}\nvar_keeper"),
    "html": HTML.format("utf-8", "<p>docker <b>push</b> ivanov/<i>var_keeper</i></p>").encode(),
    "html, link": HTML.format("utf-8", f"<a href='{HUB}'>образ</a>").encode(),
    "html, blocks": HTML.format("utf-8", f"<td>Образ</td><td>{NAME}</td><td>latest</td>").encode(),
    "html in windows-1251": HTML.format("windows-1251", f"<p>Полное название образа: {NAME}").encode("cp1251"),
    "html, typography": HTML.format("utf-8", "<p>«ivanov/var&shy;_keeper»&nbsp;&mdash; образ").encode(),
    "text": TEXT.encode(),
    "text with a mark": TEXT.encode("utf-8-sig"),
    "text in UTF-16": TEXT.encode("utf-16"),
    "text in windows-1251": TEXT.encode("cp1251"),
    "markdown": f"# Отчёт\n\n```bash\ndocker push {NAME}\n```\n".encode(),
}


def images_named(tmp_path: Path, content: bytes) -> list[str]:
    """Return the names only, of a report whose own name says nothing."""
    (tmp_path / "отчёт").write_bytes(content)
    return [named.name for named in report.images_named(tmp_path / "отчёт")]


@pytest.mark.parametrize("content", REPORTS.values(), ids=REPORTS)
def test_image_is_found(tmp_path: Path, content: bytes) -> None:
    """In every format that Moodle takes, in every place where a student writes."""
    assert images_named(tmp_path, content) == [NAME]


@pytest.mark.parametrize(
    "content",
    [docx(paragraph("Я всё сделал")), pdf("docker run nginx"), b"<html><!-- docker push a/b --></html>", b"1"],
)
def test_report_that_names_none(tmp_path: Path, content: bytes) -> None:
    """It is read, and there is nothing in it."""
    assert images_named(tmp_path, content) == []


@pytest.mark.parametrize("case", [case for case in REPORTS if case.startswith("text") or "1251" in case])
def test_encoding_is_told(tmp_path: Path, case: str) -> None:
    """Russian words come out as they were written, with a mark or without."""
    (tmp_path / "a").write_bytes(REPORTS[case])
    assert [named.line for named in report.images_named(tmp_path / "a")] == [f"Полное название образа: {NAME}"]


def test_text_is_read_up_to_a_limit() -> None:
    """What comes after it is not even taken out of the file."""
    content = docx(paragraph("a" * 3 * report_text.TEXT_LIMIT))
    assert 0 < len(report_text.of(io.BytesIO(content), Kind.DOCX)) - report_text.TEXT_LIMIT < 100_000


def test_line_is_told(tmp_path: Path) -> None:
    """A person sees where in the report it stands."""
    (tmp_path / "a.md").write_text(f"Шаг 148:\n\n    docker push {NAME}\n", encoding="utf-8")
    assert [named.line for named in report.images_named(tmp_path / "a.md")] == [f"docker push {NAME}"]


EXTERNAL = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE d [<!ENTITY a "'
    + NAME * 9
    + '">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
LOOP = "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"
DEEP = b"q " * 200_000 + b"[" * 200_000
FLATE = f"/Filter[{'/FlateDecode' * 2}]"
BOMB = zlib.compress(zlib.compress(bytes(1 << 30), 1), 9)
HOSTILE = {
    "external entity": docx(paragraph("&x;"), prolog=EXTERNAL),
    "billion laughs": docx(paragraph("&i;"), prolog=LAUGHS),
    "docx that is no XML": zipped({"[Content_Types].xml": b"", "word/document.xml": b"\x00<"}),
    "pages that hold themselves": pdf("", pages=LOOP),
    "pdf bomb": pdf("", content=BOMB, filters=FLATE),
    "pdf without anything": b"%PDF-1.7\n" + bytes(1000),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_report_costs_a_sentence(tmp_path: Path, content: bytes) -> None:
    """No entity is followed, no loop has no end, no bomb fills the memory."""
    with pytest.raises(UnreadableError, match=r"отчёт (?:cannot be read|takes more than)"):
        images_named(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        docx(paragraph(NAME) + "<w:p/>" * 2_000_000),
        docx(paragraph(NAME) + paragraph("a" * 40_000_000)),
        docx(paragraph(NAME) + "<w:a>" * 100_000 + "</w:a>" * 100_000),
        HTML.format("utf-8", NAME + "<br>" + "<div>" * 20_000).encode(),
        (NAME + "\n" + "docker push a" * 1_000_000).encode(),
    ],
    ids=["paragraphs", "long text", "deep docx", "deep html", "words"],
)
def test_oversized_report_is_read_from_its_beginning(tmp_path: Path, content: bytes) -> None:
    """What is at its head is found; the rest is cut off, or nothing is found within the bounds and that is said."""
    assert images_named(tmp_path, content) == [NAME]


def test_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With less of it the same report is given up: it is the process's bounds that hold."""
    (tmp_path / "a.docx").write_bytes(docx(paragraph("a" * 4_000_000)))
    assert report.images_named(tmp_path / "a.docx") == []
    monkeypatch.setattr(report, "BOUNDS", confined.Bounds(seconds=0))
    with pytest.raises(UnreadableError, match="takes more than 0 seconds"):
        report.images_named(tmp_path / "a.docx")


def test_report_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    """Its size is enough; a sparse file here."""
    with (tmp_path / "a.pdf").open("wb") as file:
        file.write(b"%PDF-1.7")
        file.truncate(report.BYTES_LIMIT + 1)
    with pytest.raises(UnreadableError, match="hand in the report with smaller pictures"):
        report.images_named(tmp_path / "a.pdf")
