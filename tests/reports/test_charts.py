"""What the charts show is what the results say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.reports import heatmap, model, overview, pages, sizes
from labcheck.reports.model import Student

if TYPE_CHECKING:
    from collections.abc import Iterator

CSS = (pages.TEMPLATES / "report.css").read_text()
GROUNDS = ("paper", "side")
PAIRS = [(ink, ground) for ink in ("ink", "soft", "link") for ground in GROUNDS] + [
    *((f"{verdict}-ink", f"{verdict}-fill") for verdict in ("passed", "failed", "ungradable", "skipped")),
    ("ungradable-ink", "paper"),
]


@pytest.fixture(scope="module")
def students(results: dict[str, Any]) -> list[Student]:
    """The class."""
    return model.students(results)


def of(percent: float | None, name: str = "a") -> Student:
    """Return a student with a mark."""
    return Student(key=name, page=f"{name}.html", name=name, percent=percent)


def test_marks_fall_into_tens_and_full_marks_stand_alone() -> None:
    """0 to 9.99, …, 90 to 99.99, 100; the tallest bar has height 1."""
    bars = overview.marks([of(0), of(9.99), of(10), of(99.99), of(100), of(100.0), of(100)])
    assert [bar.count for bar in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3]
    assert [bar.height for bar in bars if bar.count] == [2 / 3, 1 / 3, 1 / 3, 1]
    assert overview.median([of(50), of(60), of(100)]) == 60
    assert overview.median([]) is None


def test_first_steps_are_in_lab_order_and_complete(students: list[Student], results: dict[str, Any]) -> None:
    """Each student who stopped is counted once, at their first step."""
    steps = overview.first_steps(students)
    assert [one.step for one in steps] == sorted({one.step for one in steps})
    stopped = [one["first_failed_step"] for one in results["submissions"] if one["first_failed_step"] is not None]
    assert sorted(step.step for step in steps for _one in step.students) == sorted(stopped)


def test_ranking_counts_points_lost(students: list[Student], results: dict[str, Any]) -> None:
    """The most frequent first; advice, and what the instructor gave all points for, did not break."""
    ranked = overview.broken(students)
    counts = [len(one.students) for one in ranked]
    assert counts == sorted(counts, reverse=True)
    checks = [check for one in results["submissions"] for check in one["checks"] if not check["beyond"]]
    assert {one.check.id: len(one.students) for one in ranked} == {
        name: number
        for name in {check["id"] for check in checks}
        if (number := sum(check["id"] == name and check["verdict"] == "failed" for check in checks))
    }
    given = model.Check("run.a", "run", "failed", max_points=4, override={"points": 4, "why": "seen"})
    assert not overview.broken([Student(key="a", page="a.html", name="a", checks=[given])])


def test_grid_is_by_score_and_without_mark_last(students: list[Student]) -> None:
    """Rows go from the best to the worst, then those without a mark; areas are together, in lab order."""
    grid = heatmap.grid(students)
    percents = [row.student.percent for row in grid.rows if row.student.has_mark]
    assert percents == sorted(percents, key=lambda value: -(value or 0))
    assert [row.student.has_mark for row in grid.rows] == sorted((s.has_mark for s in students), reverse=True)
    assert len({area for area, _width in grid.areas}) == len(grid.areas)
    assert sum(width for _area, width in grid.areas) == len(grid.columns)
    assert sum(column.opens_area for column in grid.columns) == len(grid.areas)


def test_dots_stand_where_their_size_is(students: list[Student]) -> None:
    """Each measured image is a dot, further right the bigger its own layers, none on another, all within the chart."""
    chart = sizes.chart(students)
    dots = [dot for row in chart.rows for dot in row.dots]
    assert len(dots) + len(chart.unmeasured) == len(students)
    by_size = sorted(dots, key=lambda dot: dot.image.own_bytes or 0)
    assert [dot.x for dot in by_size] == sorted(dot.x for dot in dots)
    for row in chart.rows:
        assert len({(dot.x, dot.y) for dot in row.dots}) == len(row.dots)
        assert all(0 < dot.y < row.height for dot in row.dots)
    assert all(0 <= x <= 100 for x in (*(dot.x for dot in dots), chart.labs_own, chart.with_venv))
    assert [row.image.base for row in chart.rows] == [
        "python:3.10.6-alpine",
        "python:3.10.6-slim",
        "python:3.10.6",
    ]
    assert not sizes.chart([]).rows


def themes() -> Iterator[dict[str, str]]:
    """Yield the colours of the light and of the dark page."""
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL):
        yield dict(re.findall(r"--([\w-]+): (#\w{6});", block))


def luminance(colour: str) -> float:
    """Return the relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_by_day_and_by_night(ink: str, ground: str) -> None:
    """The contrast of text is at least 4.5 in both themes."""
    light, dark = themes()
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        darker, lighter = sorted((luminance(colours[ink]), luminance(colours[ground])))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
