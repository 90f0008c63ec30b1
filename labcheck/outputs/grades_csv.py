"""`grades.csv`: a line a student, for a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labcheck.i18n import _
from labcheck.outputs import cells, summaries

if TYPE_CHECKING:
    from collections.abc import Iterator


def content(results: dict[str, Any], delimiter: str = ",") -> bytes:
    """Return the table. With `;`, what a Russian Excel expects, numbers have a decimal comma.

    Score, percent and pass are empty where the mark is withheld, so are the points of an area that is ungradable.
    """
    return cells.table(_rows(results, decimal="," if delimiter == ";" else "."), delimiter)


def _rows(results: dict[str, Any], decimal: str) -> Iterator[list[str]]:
    areas = summaries.areas_of(results)
    yield [
        _("name"),
        _("participant"),
        _("score"),
        _("maximum"),
        _("percent"),
        _("pass"),
        _("status"),
        _("first step that broke"),
        _("not handed in"),
        *areas,
        _("overridden"),
        _("note"),
    ]
    for submission in results["submissions"]:
        score = None if submission.get("ungradable") else submission["score"]
        points = [summaries.points_in(submission, area)[0] for area in areas]
        step = submission["first_failed_step"]
        yield [
            cells.text(submission["name"]),
            cells.text(submission.get("participant") or ""),
            summaries.number(score, decimal),
            summaries.number(submission["max_score"], decimal),
            summaries.number(submission["percent"], decimal),
            summaries.passed_of(submission),
            summaries.status_of(submission),
            "" if step is None else str(step),
            cells.text(", ".join(submission["missing"])),
            *(summaries.number(one, decimal) for one in points),
            cells.text(" ".join(summaries.overridden(submission)), 1000),
            cells.text(" ".join(summaries.remarks(submission)), 1000),
        ]
