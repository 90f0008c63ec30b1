"""Moodle's offline grading worksheet: uploaded there, it sets grades and feedback by participant.

https://docs.moodle.org/en/Offline_grading_worksheet (Assignment, "Upload grading worksheet"). Moodle reads the columns
Identifier, Grade, Last modified (grade) and the feedback, by their names in the language that the instructor has there,
and takes from an identifier as many bytes as the word before the number has in that language.
https://github.com/moodle/moodle/blob/main/public/mod/assign/feedback/offline/importgradeslib.php
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcheck.i18n import _
from labcheck.outputs import cells, summaries
from labcheck.plain import plain_line

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class _Words:
    """Moodle's own, to the letter: Russian has no space after the word for a participant, English has one."""

    columns: tuple[str, ...]
    participant: str
    yes: str


_LANGUAGES = {
    "en": _Words(
        (
            *("Identifier", "Full name", "Status", "Grade", "Maximum Grade", "Grade can be changed"),
            *("Last modified (grade)", "Feedback comments"),
        ),
        "Participant ",
        "Yes",
    ),
    "ru": _Words(
        (
            *("Идентификатор", "Полное имя", "Состояние", "Оценка", "Максимальная оценка"),
            *("Оценка может быть изменена", "Последнее изменение (оценка)", "Отзыв в виде комментария"),
        ),
        "Участник",
        "Да",
    ),
}
_HINT_LIMIT = 600  # characters
_FEEDBACK_LIMIT = 50_000


def content(results: dict[str, Any], language: str) -> bytes:
    """Return the worksheet for those who have a participant's number.

    A grade that is withheld is empty, which Moodle passes over; the feedback says why. Grades are points out of
    `max_score`, which the assignment in Moodle has to have as its maximum. A language
    that is neither `ru` nor `en` gets the English worksheet.
    """
    words = _LANGUAGES.get(language, _LANGUAGES["en"])
    return cells.table(_rows(results, words), ",")  # the only delimiter of every Moodle


def _rows(results: dict[str, Any], words: _Words) -> Iterator[list[str]]:
    yield list(words.columns)
    for submission in results["submissions"]:
        if not submission.get("participant"):
            continue
        withheld = submission.get("ungradable")
        yield [
            f"{words.participant}{plain_line(submission['participant'], 20)}",
            _cell(cells.text(submission["name"])),
            _cell(summaries.status_of(submission)),
            summaries.number(None if withheld else submission["score"]),
            summaries.number(submission["max_score"]),
            words.yes,
            "-",  # never, as Moodle writes it
            _cell(cells.text(feedback(submission), _FEEDBACK_LIMIT)),
        ]


def feedback(submission: dict[str, Any]) -> str:
    """Return what a student reads, as HTML: why there is no mark, or points by area and the first step that broke."""
    lines = []
    if submission.get("ungradable"):
        reason = plain_line(submission["ungradable"]["reason"], _HINT_LIMIT)
        lines.append(_("No mark yet, and not through your fault: {reason}").format(reason=reason))
    else:
        score, most = summaries.number(submission["score"]), summaries.number(submission["max_score"])
        lines.append(_("{score} of {max_score} points.").format(score=score, max_score=most))
    areas = [
        (area, *summaries.points_in(submission, area)) for area in summaries.areas_of({"submissions": [submission]})
    ]
    shown = [f"{area} {summaries.number(got) or '?'}/{summaries.number(most)}" for area, got, most in areas if most]
    lines += [", ".join(shown)] if shown else []
    if submission["missing"]:
        lines.append(_("Not handed in: {areas}.").format(areas=", ".join(submission["missing"])))
    broken = summaries.first_broken(submission)
    if broken:
        title = plain_line(broken["title"], _HINT_LIMIT)
        lines.append(_("First step that broke: {step}. {title}").format(step=broken["step"], title=title))
        lines.append(plain_line(broken["hint"], _HINT_LIMIT))
    lines += summaries.overridden(submission)
    return "<br>".join(html.escape(line, quote=False) for line in lines if line)


def _cell(text: str) -> str:
    """Return a cell that PHP reads as we do: its fgetcsv ends no cell at a quote after a backslash."""
    return re.sub(r'\\(?="|$)', r"\\ ", text)
