"""Moodle takes the worksheet as its own: its columns, its identifiers, its kind of HTML."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from labcheck import outputs
from labcheck.outputs import moodle
from tests.outputs import made

if TYPE_CHECKING:
    from pathlib import Path

# what the importer looks for: https://github.com/moodle/moodle/blob/main/public/mod/assign/feedback/offline/importgradeslib.php
SOUGHT = {
    "en": ("Identifier", "Grade", "Feedback comments", "Last modified (grade)", "Participant "),
    "ru": (
        *("Идентификатор", "Оценка", "Отзыв в виде комментария", "Последнее изменение (оценка)"),
        "Участник",  # without a space
    ),
}


def imported(content: bytes, language: str) -> dict[str, tuple[str, str]]:
    """Return grade and feedback by participant, read as Moodle reads them, by bytes."""
    identifier, grade, comments, modified, word = SOUGHT[language]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert all(row[modified] == "-" for row in rows)
    skipped = len(word.encode())
    return {row[identifier].encode()[skipped:].decode(): (row[grade], row[comments]) for row in rows}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_grades_arrive(language: str) -> None:
    """Each who has a number gets points and feedback; who is ungradable gets no grade, and is told why."""
    found = imported(moodle.content(made.a_class(), language), language)
    assert {number: grade for number, (grade, _feedback) in found.items()} == {
        "1234567": "37.5",
        "1234568": "10",
        "1234569": "",
        "7": "",
    }
    assert found["1234567"][1].startswith("37.5 of 37.5 points.<br>build 10/10, run 20/20, keeper 7.5/7.5")
    assert "No mark yet, and not through your fault: no base image<br>build ?/10" in found["1234569"][1]
    assert "It hung twice." in found["7"][1]


@pytest.mark.parametrize(("reader", "worksheet"), [("ru_RU", "ru"), ("en", "en"), ("de", "en")])
def test_it_is_in_the_readers_language(
    reader: str, worksheet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who grades in Russian has a Russian Moodle: its worksheet is understood in that language alone."""
    monkeypatch.setenv("LANGUAGE", reader)
    outputs.write(made.a_class(), tmp_path)
    assert imported((tmp_path / "moodle.csv").read_bytes(), worksheet)["1234567"][0] == "37.5"


def test_feedback_names_the_first_step_that_broke() -> None:
    """With its title and the hint, as HTML that shows a student's characters and runs none of them."""
    found = imported(moodle.content(made.a_class(), "ru"), "ru")["1234568"][1]
    assert "First step that broke: 116. What run.app_starts asks for." in found
    assert "Not handed in: keeper." in found
    hostile = _feedback(made.check("run.app_starts", "failed", hint="<script>alert(1)</script>\0"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile
    assert "<script" not in hostile


def test_an_instructors_decision_is_told() -> None:
    """What was overridden to all points did not break, and why stands in the feedback."""
    check = made.check("run.app_starts", "failed", override={"points": 10, "why": "fair"}, points=10)
    found = _feedback(check)
    assert "First step" not in found
    assert "run.app_starts: 10 points by the instructor: fair" in found


@pytest.mark.parametrize("hint", ['a \\"quoted\\" word', "C:\\", '\\"'])
def test_php_reads_the_same_cells(hint: str) -> None:
    """A backslash before a quote would join cells: to PHP's fgetcsv it escapes."""
    content = moodle.content(made.results(_submission(made.check("run.app_starts", "failed", hint=hint))), "ru")
    assert b'\\"' not in content


def _submission(*checks: dict[str, Any]) -> dict[str, Any]:
    return made.submission("x", *checks, participant="5")


def _feedback(*checks: dict[str, Any]) -> str:
    return imported(moodle.content(made.results(_submission(*checks)), "ru"), "ru")["5"][1]
