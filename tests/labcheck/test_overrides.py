"""What the instructor decides in overrides.csv counts, is shown as theirs, and a mistake in it is named by its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks import marks
from labcheck.errors import LabcheckError
from labcheck.grading import overrides
from labcheck.grading.overrides import Override
from labcheck.roster import Entry, Roster
from tests.outputs import made

if TYPE_CHECKING:
    from pathlib import Path

BUILD, RUN = "build.dockerfile_builds", "run.app_starts"
MOST = {BUILD: 10.0, RUN: 20.0}
CLASS = Roster(
    (
        Entry("m", "Мария Иванова", "1234567"),
        Entry("p", "Пётр Сидоров"),
        Entry("k7", "Ким Анна", "7"),
        Entry("k8", "Анна Ким", "8"),
    )
)


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> dict[str, tuple[Override, ...]]:
    """Return what a file of that text decides."""
    (tmp_path / "overrides.csv").write_bytes(text.encode(encoding))
    return overrides.read(tmp_path / "overrides.csv", CLASS, MOST)


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        (("name,check,points,why", f"Иванова Мария,{BUILD},7.5,works", '8,*,30,"seen, by eye"'), "utf-8-sig"),
        (
            ("Имя;Проверка;Баллы;Почему", f"иванова мария;{BUILD};7,5;works", "Участник8;;30;seen, by eye"),  # noqa: RUF001
            "cp1251",
        ),
        ((f"1234567\t{BUILD}\t7,5\tworks", "Participant 8\t*\t30\tseen, by eye"), "utf-16"),
    ],
)
def test_a_line_is_for_a_student_and_a_check(tmp_path: Path, lines: tuple[str, ...], encoding: str) -> None:
    """By name in any order or by Moodle's number; `*` or nothing means the total; points with a point or a comma."""
    found = read(tmp_path, "\r\n".join(lines), encoding)
    assert [(key, one.check, one.points, one.why) for key, (one,) in found.items()] == [
        ("m", BUILD, 7.5, "works"),
        ("k8", "", 30, "seen, by eye"),
    ]


def test_every_mistake_is_named(tmp_path: Path) -> None:
    """Each line that is wrong has a sentence, all of them together."""
    lines = {
        f"Пётр Сидоров,{BUILD},5,fine": "",
        f"Петров Пётр,{BUILD},5,why": "nobody is called Петров Пётр.",
        f"Ким Анна,{BUILD},5,why": "several are called Ким Анна: write the participant's number.",
        "Пётр Сидоров,build.typo,5,why": "there is no check build.typo that gives points.",
        f"Пётр Сидоров,{RUN},20.5,why": "points are a number from 0 to 20, not 20.5.",
        f"Пётр Сидоров,{RUN},-1,why": "points are a number from 0 to 20, not -1.",
        f"Пётр Сидоров,{RUN},nan,why": "points are a number from 0 to 20, not nan.",
        f"Пётр Сидоров,{RUN},,why": "points are a number from 0 to 20, not nothing.",
        "Пётр Сидоров,*,31,why": "points are a number from 0 to 30, not 31.",
        f"Пётр Сидоров,{RUN},5,": "why is missing: students read it.",
        f"Сидоров Петр,{BUILD},6,again": "line 2 is about the same check of the same student.",
        ",*,a,": "the name is missing. points are a number from 0 to 30, not a. why is missing: students read it.",
    }
    with pytest.raises(LabcheckError) as error:
        read(tmp_path, "name,check,points,why\n" + "\n".join(lines))
    said = [f"overrides.csv, line {number}: {text}" for number, text in enumerate(lines.values(), 2) if text]
    assert str(error.value).splitlines() == said


def test_what_is_no_table(tmp_path: Path) -> None:
    """A spreadsheet under another name is said to be no CSV, and so is a file that is not there."""
    with pytest.raises(LabcheckError, match="is no CSV: save the table as CSV"):
        read(tmp_path, "PK\x03\x04\0\0")
    with pytest.raises(LabcheckError, match="cannot be read"):
        overrides.read(tmp_path / "typo.csv", CLASS, MOST)


def test_points_count_and_the_verdict_stays() -> None:
    """The check keeps the tool's own verdict and bears the instructor's points and reason; the mark follows."""
    result = made.submission("x", made.check(BUILD, "failed"), made.check(RUN, worth=20, step=116))
    assert (result["score"], result["first_failed_step"]) == (20, 113)
    found = overrides.apply(result, [Override(BUILD, 4, "half", 2)], needed=80)
    assert found["checks"][0]["verdict"] == "failed"
    assert found["checks"][0]["points"] == 4
    assert found["checks"][0]["override"] == {"points": 4, "why": "half"}
    assert {name: found[name] for name in ("score", "percent", "pass", "first_failed_step")} == {
        "score": 24,
        "percent": 80,
        "pass": True,
        "first_failed_step": 113,
    }
    assert overrides.apply(result, [Override(BUILD, 10, "all", 2)])["first_failed_step"] is None
    assert "override" not in result["checks"][0]


def test_the_total_counts_whatever_the_checks_say() -> None:
    """An override of the total is the score."""
    result = made.submission("x", made.check(BUILD), made.check(RUN, worth=20))
    found = overrides.apply(result, [Override("", 12, "late", 2), Override(BUILD, 1, "copied", 3)], needed=60)
    assert (found["score"], found["percent"], found["pass"]) == (12, 40, False)
    assert found["override"] == {"points": 12, "why": "late"}


@pytest.mark.parametrize(
    ("decided", "is_withheld"),
    [([], True), ([BUILD], True), ([BUILD, RUN], False), ([""], False)],
)
def test_a_mark_is_given_where_all_that_withheld_it_is_decided(decided: list[str], *, is_withheld: bool) -> None:
    """Every ungradable check, or the total; one of two is not enough."""
    result = made.submission("x", made.check(BUILD, "ungradable"), made.check(RUN, "ungradable", worth=20))
    found = overrides.apply(result, [Override(check, 10, "why", 2) for check in decided], needed=10)
    assert (found["ungradable"] is not None) == is_withheld
    assert (found["percent"] is None, found["pass"] is None) == (is_withheld, is_withheld)


def test_a_submission_that_could_not_be_graded_at_all() -> None:
    """Only the total can be decided; a check that was not run is said."""
    dead: dict[str, Any] = {"name": "x", "max_score": 30, "missing": [], "checks": []}
    dead["ungradable"] = {"reason": "It hung twice.", "checks": []}
    found = overrides.apply(dead, [Override(BUILD, 10, "why", 2)], needed=60)
    assert found["ungradable"] == dead["ungradable"]
    assert found["notes"] == [f"Overridden, but not run: {BUILD}."]
    assert overrides.apply(dead, [Override("", 18, "why", 2)], needed=60)["pass"] is True


def test_the_pass_mark_is_reached_by_exactly_that_much() -> None:
    """0.66 of 1.1 is a pass at 60, though a float makes a little less of it; at 60.01 it is none."""
    done, rest = made.check("run.done", worth=0.66), made.check("run.rest", "failed", worth=0.44)
    assert made.submission("x", done, rest, needed=60)["pass"] is True
    assert made.submission("x", done, rest, needed=60.01)["pass"] is False
    assert "pass" not in marks.settled(made.submission("x", rest, needed=None))
