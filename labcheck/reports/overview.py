"""What a class comes to: how marks are spread, where students stopped, which check broke for how many."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcheck.checks.verdicts import SKIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labcheck.reports.model import Check, Student

_WIDTH = 10  # of a bar of the distribution, in percent of the greatest score; full marks have a bar of their own


@dataclass(frozen=True)
class Bar:
    """So many students have marks in this range; `height` is 1 for the most frequent."""

    label: str
    count: int
    height: float


@dataclass(frozen=True)
class Step:
    """The first step that broke for `students`, and the check that tells of it most often."""

    step: int
    title: str
    students: list[Student]


@dataclass(frozen=True)
class Broken:
    """A check that broke for `students`, of so many that it was made for; others never came to it."""

    check: Check
    students: list[Student]
    total: int
    skipped: int


def marks(students: Sequence[Student]) -> list[Bar]:
    """Return the distribution of the marks that were given, from none to all of the points."""
    counts = Counter(min(max(int(one.percent // _WIDTH), 0), 10) for one in students if one.percent is not None)
    most = max(counts.values(), default=1)
    labels = [f"{start}–{start + _WIDTH - 1}" for start in range(0, 100, _WIDTH)] + ["100"]  # noqa: RUF001 - a range
    return [Bar(label, counts[index], counts[index] / most) for index, label in enumerate(labels)]


def median(students: Sequence[Student]) -> float | None:
    """Return the percentage that half of the marks reach, None where there are no marks."""
    given = [one.percent for one in students if one.percent is not None]
    return statistics.median(given) if given else None


def first_steps(students: Sequence[Student]) -> list[Step]:
    """Return the steps at which students stopped, in lab order."""
    stopped: defaultdict[int, list[Student]] = defaultdict(list)
    for student in students:
        if student.first_failed_step is not None:
            stopped[student.first_failed_step].append(student)
    return [Step(step, _usual_title(those), those) for step, those in sorted(stopped.items())]


def broken(students: Sequence[Student]) -> list[Broken]:
    """Return the checks that broke for anybody, the most frequent first."""
    made: defaultdict[str, list[tuple[Student, Check]]] = defaultdict(list)
    for student in students:
        for check in student.scored:
            made[check.id].append((student, check))
    found = []
    for pairs in made.values():
        those = [student for student, check in pairs if check.broke]
        skipped = sum(check.verdict == SKIPPED for _student, check in pairs)
        if those:
            found.append(Broken(pairs[0][1], those, len(pairs), skipped))
    return sorted(found, key=lambda one: (-len(one.students), one.check.place))


def _usual_title(students: Sequence[Student]) -> str:
    titles = Counter(student.first_failed.title for student in students if student.first_failed)
    return titles.most_common(1)[0][0] if titles else ""
