"""grades.csv opens in a spreadsheet as what it is: numbers are numbers, and nothing is a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcheck.outputs import cells, grades_csv, moodle
from tests.outputs import made

FORMULA = tuple("=+-@\t\uff1d\uff0b\uff0d\uff20")
HOSTILE = st.text(alphabet=st.sampled_from([*FORMULA, *";,\"' \n\0\u200b\u202e\xa0aЯ1|!", "\ud800"]), max_size=12)


def table(content: bytes, delimiter: str = ",") -> list[list[str]]:
    """Return the cells as a spreadsheet sees them."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def lines(results: dict[str, Any], delimiter: str = ",") -> dict[str, dict[str, str]]:
    """Return the lines by name, their cells by column."""
    header, *rows = table(grades_csv.content(results, delimiter), delimiter)
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


def test_a_class() -> None:
    """Each student has a line; a mark that is withheld is empty, and says why."""
    found = lines(made.a_class())
    maria = found["Иванова Мария"]
    assert {name: maria[name] for name in ("score", "maximum", "percent", "pass", "status")} == {
        "score": "37.5",
        "maximum": "37.5",
        "percent": "100",
        "pass": "pass",
        "status": "graded",
    }
    assert (maria["participant"], maria["build"], maria["run"], maria["keeper"]) == ("1234567", "10", "20", "7.5")
    assert "old.zip is left aside" in maria["note"]
    assert "as Пётр Сидоров; no points are lost" in maria["note"]
    peter = found["Пётр Сидоров"]
    assert (peter["score"], peter["pass"], peter["first step that broke"]) == ("10", "fail", "116")
    assert peter["not handed in"] == "keeper"
    anna = found["Ким Анна"]
    assert [anna[name] for name in ("score", "percent", "pass", "build", "run")] == ["", "", "", "", "20"]
    assert (anna["status"], anna["note"]) == ("ungradable", "no base image")
    assert (found["dead"]["status"], found["dead"]["note"]) == ("ungradable", "It hung twice.")
    assert found["ivanov"]["score"] == "31.5"
    assert "build.dockerfile_builds: 4 points by the instructor: half of it is right" in found["ivanov"]["overridden"]
    assert found["nobody"]["status"] == "nothing handed in"


def test_it_is_what_excel_expects() -> None:
    """UTF-8 with its mark and CR LF; with a semicolon numbers have a decimal comma, as in a Russian Excel."""
    content = grades_csv.content(made.a_class())
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 7
    russian = lines(made.a_class(), ";")
    assert russian["Иванова Мария"]["score"] == "37,5"


@given(name=HOSTILE, note=HOSTILE, why=HOSTILE, delimiter=st.sampled_from(",;"), opened=st.sampled_from(",;\t"))
def test_no_cell_is_a_formula(name: str, note: str, why: str, delimiter: str, opened: str) -> None:
    """Whatever a student is called, by whichever delimiter it is opened, nothing is calculated."""
    one = made.submission(
        f"{name}",
        made.check("run.app_starts", "failed", hint=note, override={"points": 1, "why": f"{why}."}, points=1),
        participant="1",
        notes=[note],
    )
    results = made.results(one, one)
    for content in (grades_csv.content(results, delimiter), moodle.content(results, "ru")):
        found = [cell.strip(' "\r\n') for row in table(content, opened) for cell in row]  # quotes go astray there
        assert not [cell for cell in found if cell.startswith(FORMULA) and cell != "-"]


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=4), max_size=4), st.sampled_from(",;"))
def test_cells_come_back(rows: list[list[str]], delimiter: str) -> None:
    """A cell read again is the cell that was written, delimiters, quotes and all."""
    made_cells = [[cells.text(cell) for cell in row] for row in rows]
    assert table(cells.table(made_cells, delimiter), delimiter) == made_cells


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("  @SUM(A1)", "'@SUM(A1)"),
        ("\u200b=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("x;=1", "x;'=1"),
        ("Анна-Мария Д'Арк", "Анна-Мария Д'Арк"),
        ("a\r\n=1", "a =1"),
    ],
)
def test_what_would_be_calculated_is_quoted(name: str, shown: str) -> None:
    """An apostrophe stands before it; other names stay as they are."""
    assert cells.text(name) == shown
