"""The pages as HTML: valid, in both languages, and no text of a student's is anything but text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from labcheck.checks.rubric import AREAS, load_weights
from labcheck.plain import plain
from labcheck.reports import pages
from tests.reports import classroom
from tests.reports.reading import all_pages, soup, student_page

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

VOID = {"meta", "link", "br", "hr", "img", "input"}
KEPT = {"id", "area", "verdict", "missing", "base", "key", "checks"}  # what is no sentence, below
WORD = re.compile(r"[^\W\d_]{2,}")


class Parser(HTMLParser):
    """Takes note of what is not closed, or not in order, and of ids that are there twice."""

    def __init__(self) -> None:
        """Begin outside everything."""
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in the beginning of an element."""
        self._identify(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        """Take in an element without content."""
        self._identify(attrs)

    def handle_endtag(self, tag: str) -> None:
        """Take in the end of an element."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def _identify(self, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs).get("id")
        if len(dict(attrs)) < len(attrs) or (found and found in self.ids):
            self.wrong.append(f"{attrs} at {self.getpos()}")
        self.ids.add(found or "")


def test_every_page_is_valid(folder: Path) -> None:
    """Elements are closed in order, ids and attributes are there once."""
    assert len(all_pages(folder)) == 61
    for path in all_pages(folder):
        parser = Parser()
        parser.feed(path.read_text(encoding="utf-8"))
        parser.close()
        assert (path.name, parser.wrong, parser.open) == (path.name, [], [])


def test_every_link_leads_somewhere(folder: Path) -> None:
    """Each link is ASCII, and leads to a page of the folder and to an id that is there."""
    ids = {path.name: {tag["id"] for tag in soup(path).select("[id]")} for path in all_pages(folder)}
    for path in all_pages(folder):
        for link in soup(path).select("[href]"):
            address = str(link["href"])
            assert re.fullmatch(r"[\w./%#-]+", address, re.ASCII), address
            file, _, anchor = unquote(address).partition("#")
            target = path.parent / file if file else path
            assert target.is_file(), address
            assert not anchor or anchor in ids[target.name], address


def test_nothing_is_loaded_and_nothing_runs(folder: Path) -> None:
    """No script, image, form, frame, style sheet or handler, no address outside, and the policy forbids them too."""
    for path in all_pages(folder):
        page = soup(path)
        assert not page.select(
            "script, img, link, iframe, form, object, embed, base, [src], [srcset], [http-equiv=refresh]"
        )
        assert not [name for tag in page.select("*") for name in tag.attrs if name.startswith("on")]
        assert "url(" not in str(page.style)
        assert "@import" not in str(page.style)
        policy = page.select_one("meta[http-equiv=Content-Security-Policy]")
        assert policy
        assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_what_students_wrote_is_text(folder: Path, results: dict[str, Any]) -> None:
    """Tags, quotes and braces stand there as they were written; what steers or turns the writing does not."""
    assert plain(classroom.EVIL) in student_page(folder, results, 8).get_text()
    for path in all_pages(folder):
        text = path.read_text(encoding="utf-8")
        assert not set("\x00\x1b\u202e") & set(text)
        assert "<script" not in text
        assert "49</style>" not in text
    assert not list(folder.parent.glob("**/<b>*"))
    assert {path.parent for path in folder.rglob("*.html")} == {folder, folder / "students"}


def hollow(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON
    """Return results whose sentences have no letters."""
    if isinstance(value, dict):
        return {key: hollow(part, key) for key, part in value.items()}
    if isinstance(value, list) and name != "missing":
        return [hollow(part, name) if isinstance(part, dict) else hollow(part) for part in value]
    return re.sub(r"[^\W\d_]", "0", value) if isinstance(value, str) and name not in KEPT else value


def test_every_text_is_translated(monkeypatch: pytest.MonkeyPatch, results: dict[str, Any], tmp_path: Path) -> None:
    """No word on a page is worded anywhere but in a message of the catalogue."""
    monkeypatch.setattr(pages, "translator", lambda _language: lambda text: f"⟦{text}⟧")
    pages.write(hollow(results), tmp_path)
    known = {*AREAS, *WORD.findall(" ".join(load_weights())), "python", "alpine", "slim"}
    known |= set(WORD.findall(" ".join(check["id"] for check in classroom.rubric_checks("en"))))
    for path in (tmp_path / "index.html", *(tmp_path / "students").iterdir()):
        page = soup(path)
        page.style.decompose()  # type: ignore[union-attr]
        attributes = [str(tag.get(name, "")) for tag in page.select("*") for name in ("title", "aria-label")]
        for text in (*page.stripped_strings, *attributes):
            own = re.sub(r"⟦[^⟦⟧]*⟧", "", re.sub(r"⟦[^⟦⟧]*⟧", "", text))
            assert set(WORD.findall(own)) <= known, (path.name, text)


def test_language_is_the_one_asked_for(
    monkeypatch: pytest.MonkeyPatch, results: dict[str, Any], tmp_path: Path
) -> None:
    """The same results in Russian and in English, each said in `lang`, whatever the reader's own language."""
    for own in ("ru", "en"):
        monkeypatch.setenv("LANGUAGE", own)
        for language, points in (("ru", "баллов"), ("en", "points")):
            pages.write(results, tmp_path, language)
            for path in all_pages(tmp_path):
                assert soup(path).html["lang"] == language  # type: ignore[index]
            assert points in student_page(tmp_path, results, 9).find(class_="score").get_text()  # type: ignore[union-attr]
