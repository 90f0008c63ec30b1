"""The heat map of checks and students: who passed what, worst off last."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from labcheck.checks.verdicts import FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labcheck.reports.model import Check, Student


@dataclass(frozen=True)
class Column:
    """A check: one student's stands for its title and step; `failed` students; the first one of its area."""

    check: Check
    failed: int
    opens_area: bool


@dataclass(frozen=True)
class Row:
    """A student, and their check in each column, None where it was not made."""

    student: Student
    cells: list[Check | None]


@dataclass(frozen=True)
class Grid:
    """The table: areas with the number of their columns, the columns in lab order, the rows by score."""

    areas: list[tuple[str, int]]
    columns: list[Column]
    rows: list[Row]


def grid(students: Sequence[Student]) -> Grid:
    """Return the scored checks of all students as a table; those without a mark come last."""
    checks = {check.id: check for student in students for check in student.scored}
    order = sorted(checks.values(), key=lambda check: check.place)
    areas = [(area, len(list(group))) for area, group in groupby(order, key=lambda check: check.area)]
    made = {student.page: {check.id: check for check in student.scored} for student in students}
    columns = [
        Column(
            check,
            sum(own[check.id].verdict == FAILED for own in made.values() if check.id in own),
            opens_area=number == 0 or order[number - 1].area != check.area,
        )
        for number, check in enumerate(order)
    ]
    ranked = sorted(students, key=lambda one: (not one.has_mark, -(one.percent or 0), one.by_name))
    rows = [Row(student, [made[student.page].get(check.id) for check in order]) for student in ranked]
    return Grid(areas, columns, rows)
