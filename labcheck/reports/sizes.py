"""Sizes of the students' images as a dot plot: a row a base, bytes of own layers on a logarithmic axis."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labcheck.reports.model import Image, Student

MB = 1_000_000
LABS_OWN = 10.4 * MB  # 60.5 MB of flask:alpine (step 131) on a base of 50
WITH_VENV = LABS_OWN + 25 * MB  # "almost 25 MB" of a virtual environment (step 121)
_LEAST, _MOST = 5 * MB, 50 * MB  # always on the axis
_BIN = 1.2  # percent of the width: dots nearer than that are stacked
_STACK, _SPACING, _RADIUS = 100, 9, 4.5  # pixels
_LABEL, _BELOW = 30, 12


@dataclass(frozen=True)
class Dot:
    """A student's image; `x` in percent of the width, `y` in pixels from the top of the row."""

    student: Student
    image: Image
    x: float
    y: float


@dataclass(frozen=True)
class Row:
    """The images on one base of `base_bytes`; `stacks` are where so many dots pile up that their number is told."""

    image: Image
    base_bytes: float
    dots: list[Dot]
    stacks: list[tuple[float, float, int]]
    height: float


@dataclass(frozen=True)
class Chart:
    """Rows, smallest base first; ticks and the lab's two marks as (`x` in percent, bytes); who was not measured."""

    rows: list[Row]
    ticks: list[tuple[float, float]]
    labs_own: float
    with_venv: float
    unmeasured: list[Student]


def chart(students: Sequence[Student]) -> Chart:
    """Return the plot of one image a student."""
    measured = [(student, student.image) for student in students if student.image and student.image.own_bytes]
    own = [image.own_bytes or 0 for _student, image in measured]
    axis = _Axis(min([_LEAST, *own]), max([_MOST, *own]))
    by_base: defaultdict[str, list[tuple[Student, Image]]] = defaultdict(list)
    for student, image in measured:
        by_base[image.base].append((student, image))
    rows = sorted((_row(pairs, axis) for pairs in by_base.values()), key=lambda row: row.base_bytes)
    seen = {student.page for student, _image in measured}
    left_out = [student for student in students if student.page not in seen]
    return Chart(rows, axis.ticks(), axis.x(LABS_OWN), axis.x(WITH_VENV), left_out)


class _Axis:
    """From bytes to percent of the width, with room for half a dot on either side."""

    def __init__(self, least: float, most: float) -> None:
        self._least, self._most = max(least, MB / 10), most

    def x(self, size: float) -> float:
        share = math.log(max(size, self._least) / self._least) / math.log(self._most / self._least)
        return round(2 + 94 * share, 2)

    def ticks(self) -> list[tuple[float, float]]:
        sizes = [step * 10**power * MB for power in range(-1, 5) for step in (1, 2, 5)]
        return [(self.x(size), size) for size in sizes if self._least <= size <= self._most]


def _row(pairs: Sequence[tuple[Student, Image]], axis: _Axis) -> Row:
    placed = [(student, image, axis.x(image.own_bytes or 0)) for student, image in pairs]
    tallest = max(Counter(round(x / _BIN) for _student, _image, x in placed).values())
    spacing = min(_SPACING, _STACK / tallest)
    ground = _LABEL + _RADIUS + spacing * (tallest - 1) + _SPACING
    stacked: Counter[int] = Counter()
    dots = []
    for student, image, x in sorted(placed, key=lambda one: one[2]):
        place = round(x / _BIN)
        dots.append(Dot(student, image, x, round(ground - stacked[place] * spacing, 1)))
        stacked[place] += 1
    many = [(place * _BIN, round(ground - (count - 1) * spacing - 8, 1), count) for place, count in stacked.items()]
    base_bytes = statistics.median(image.bytes - (image.own_bytes or 0) for _student, image in pairs)
    stacks = [stack for stack in many if stack[2] > _STACK / _SPACING]
    return Row(pairs[0][1], base_bytes, dots, stacks, ground + _BELOW)
