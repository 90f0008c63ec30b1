"""Names of students that attack whoever reads what comes of a class: pages, tables, XML, JSON, logs, the terminal."""

from __future__ import annotations

import csv
import json
import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from labcheck.images.lab import CHECKOUT
from tests.hostile.grading import check_class
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.images.bases import Source

LIMIT_SECONDS = 600
ESCAPED = "labcheck-escaped"  # the file that some names would write, or run a command to
FORMULA = ("=", "+", "-", "@", "\t", "\r")
FOLDERS = [
    "=cmd|' C calc'!A0,<script>alert(1)<script>",
    '@SUM(1+1);-2+3;"=4"',
    "--help",
    "-rf \x1b[2J\x1b]0;owned\x07\x9b31m",
    "\"><svg onload='alert(1)'><img src=x onerror=alert(2)> ]]>&bogus;<!--",
    "{{ 7*7 }}{% raw %}%s{0}{name} [bold red]rich[blink]",
    "first\nsecond\r\n3/3 third  100 of 100\u2028",
    "\u202egnirts\u2066",
    f"$(touch {ESCAPED})`touch {ESCAPED}`",
    "ж" * 127,
]
# no folder can be called so
LISTED = [f"../../{ESCAPED}", "..", ".", f"/etc/{ESCAPED}", "[/]rich[/bold]", "</title></table><p>", "+1+1"]
HIDDEN = [".hidden\x1b[2J", "~$\u202e", f"..\\..\\{ESCAPED}"]  # nobody's, and said
RIGHT, SHOWN = "<u>=1+1\u202e right", "<u>=1+1 right"
BYTES = b"\xff\xfe\x80"  # a name that is no UTF-8


def _junk(folder: Path) -> None:
    """Something that is not of the lab: it is refused, and the refusal names it."""
    (folder / "film.mp4").write_bytes(bytes(100))


def _folders(path: Path) -> tuple[int, int]:
    """Make a class of folders, and return how many students are in it, and of how many all is right."""
    for name in (*FOLDERS, *HIDDEN):
        (path / name).mkdir(parents=True)
        _junk(path / name)
    for name in RIGHT, os.fsdecode(BYTES):
        (path / name).mkdir()
        mutants.snippets(path / name)
    return len(FOLDERS) + 2, 2


def _list(path: Path) -> tuple[int, int]:
    """Make a class of a list, and return the same."""
    for name, write in (("junk", _junk), ("right", mutants.snippets)):
        (path.parent / name).mkdir()
        write(path.parent / name)
    names = [name for name in FOLDERS if "\n" not in name and "\x1b" not in name]  # with those it is no list
    rows = [("name", "image", "path"), (RIGHT, "", "right"), *((name, "", "junk") for name in (*names, *LISTED))]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return len(rows) - 1, 1


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_SECONDS + 60)
@pytest.mark.parametrize("make", [_folders, _list], ids=["folders", "list"])
def test_names_are_text(source: Source, tmp_path: Path, make: Callable[[Path], tuple[int, int]]) -> None:
    """Whatever students are called, nothing that is written or said runs, steers, calculates or lies elsewhere."""
    (tmp_path / "in").mkdir()
    count, right = make(tmp_path / "in" / "class")
    out = tmp_path / "out"
    before = set(tmp_path.rglob("*"))
    options = ("--areas=netplan", "--slots=2")
    said = check_class(tmp_path / "in" / "class", out, *options, hub=source.setting, seconds=LIMIT_SECONDS)
    assert said.code == 2, said.output  # junk has no mark
    assert f"{count} of {count} graded, {count - right} of them without a mark." in said.flat
    _assert_plain("the terminal", said.output)
    written = set(out.rglob("*"))
    assert set(tmp_path.rglob("*")) - before - {out} == written
    assert not [folder for folder in (CHECKOUT, Path.home(), Path("/"), Path("/tmp")) if (folder / ESCAPED).exists()]  # noqa: S108
    for file in written:
        assert re.fullmatch(r"\w[\w.-]*", file.name)
        if file.is_file():
            _assert_plain(file.name, file.read_text(encoding="utf-8-sig"))
    _assert_tables(out, count, right)
    assert SHOWN in _page(out / "index.html").get_text()
    for page in out.rglob("*.html"):
        _assert_inert(page)


def _assert_plain(where: str, text: str) -> None:
    """Nothing in a text steers a terminal or turns the writing."""
    odd = {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cf", "Cs"} and letter not in "\n\r\t"}
    assert (where, odd) == (where, set())


def _assert_tables(out: Path, count: int, right: int) -> None:
    """Every student is there once, and no cell is calculated, by whichever delimiter it is opened."""
    submissions = json.loads((out / "results.json").read_text())["submissions"]
    suites = ET.parse(out / "junit.xml").getroot()  # noqa: S314 - ours
    assert len(submissions) == len(suites) == count
    assert [one["score"] == one["max_score"] > 0 for one in submissions if not one["ungradable"]] == [True] * right
    text = (out / "grades.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(text.splitlines()))) == count + 1
    for delimiter in ",;":
        for row in csv.reader(text.splitlines(), delimiter=delimiter):
            assert not [cell for cell in row if cell.strip(' "').startswith(FORMULA)]


def _page(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def _assert_inert(page: Path) -> None:
    """A page has no element that loads or runs anything, and its links lead to pages that are there."""
    soup = _page(page)
    assert not soup.find_all(["script", "img", "iframe", "object", "embed", "form", "link", "base", "u"])
    assert not [name for one in soup.find_all() for name in one.attrs if name.startswith("on")]
    for link in soup.find_all(href=True):
        target = unquote(str(link["href"]).partition("#")[0])
        assert not target or (page.parent / target).resolve().is_relative_to(page.parent.parent)
        assert not target or (page.parent / target).is_file()
