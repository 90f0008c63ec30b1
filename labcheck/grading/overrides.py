"""`overrides.csv`: what the instructor decided otherwise than the tool, `name,check,points,why`."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcheck import tables
from labcheck.checks import marks
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.plain import plain_line
from labcheck.roster import normalized
from labcheck.roster.listing import NAME_WORDS, PARTICIPANT_WORDS, participant_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from labcheck.roster import Entry, Roster
    from labcheck.tables import Row

_COLUMNS = {
    "name": NAME_WORDS | PARTICIPANT_WORDS | {"participant"},
    "check": {"проверка", "код проверки"},
    "points": {"баллы", "балл", "score"},
    "why": {"reason", "почему", "причина", "за что", "комментарий"},
}
_TOTAL = {"", "*"}


@dataclass(frozen=True)
class Override:
    """So many points for a check, or for the whole submission where `check` is empty; `line` is where it stands."""

    check: str
    points: float
    why: str
    line: int


def read(path: Path, roster: Roster, max_points: Mapping[str, float]) -> dict[str, tuple[Override, ...]]:
    """Return the overrides of a CSV by the key of the entry that they are for.

    A line is for a student, by name or Moodle's number, and a check, by its id; `*` or nothing there means the total.
    `max_points` are the points of each scored check of this run.

    Raises:
        LabcheckError: it is no table, or lines are wrong; all of them are named.
    """
    reader = _Reader(roster, max_points)
    wrong = [
        _("{name}, line {line}: {problem}").format(name=path.name, line=row.line, problem=" ".join(problems))
        for row in tables.read(path, _COLUMNS).rows
        if (problems := reader.take(row))
    ]
    if wrong:
        raise LabcheckError("\n".join(wrong))
    return {key: tuple(overrides.values()) for key, overrides in reader.found.items()}


def apply(result: dict[str, Any], overrides: Sequence[Override], needed: float | None = None) -> dict[str, Any]:
    """Return a submission of `results.json` with the instructor's points; the tool's own verdicts stay in it.

    A check, or the submission for the total, bears `override: {points, why}`. The mark follows anew, see
    `marks.settled`: it is withheld no longer where every ungradable check, or the total, was decided. An override of a
    check that was not run is said in `notes`.
    """
    decided = {override.check: {"points": override.points, "why": override.why} for override in overrides}
    result = {**result, "checks": [_decided(check, decided) for check in result["checks"]]}
    if "" in decided:
        result["override"] = decided[""]
    absent = decided.keys() - {check["id"] for check in result["checks"]} - {""}
    if absent:
        said = _("Overridden, but not run: {checks}.").format(checks=", ".join(sorted(absent)))
        result["notes"] = [*result.get("notes", []), said]
    return marks.settled(result, needed)


def _decided(check: dict[str, Any], decided: dict[str, dict[str, Any]]) -> dict[str, Any]:
    override = decided.get(check["id"])
    return {**check, "points": override["points"], "override": override} if override else check


class _Reader:
    """Takes in the rows one by one, each for itself."""

    def __init__(self, roster: Roster, max_points: Mapping[str, float]) -> None:
        self._max_points = max_points
        self._students: dict[str, list[Entry]] = defaultdict(list)
        self._participants = {entry.participant: entry for entry in roster.entries if entry.participant}
        for entry in roster.entries:
            self._students[normalized(entry.name)].append(entry)
        self.found: dict[str, dict[str, Override]] = defaultdict(dict)

    def take(self, row: Row) -> list[str]:
        """Take in a row, or return what is wrong with it."""
        problems: list[str] = []
        entry = self._entry(row["name"], problems)
        check = "" if row["check"] in _TOTAL else row["check"]
        is_known = not check or check in self._max_points
        if not is_known:
            problems.append(_("there is no check {check} that gives points.").format(check=plain_line(check, 80)))
        points = self._points(row["points"], check, problems) if is_known else 0.0
        why = plain_line(row["why"])
        if not why:
            problems.append(_("why is missing: students read it."))
        if entry and check in self.found[entry.key]:
            earlier = self.found[entry.key][check].line
            problems.append(_("line {line} is about the same check of the same student.").format(line=earlier))
        if entry and not problems:
            self.found[entry.key][check] = Override(check, points, why, row.line)
        return problems

    def _entry(self, cell: str, problems: list[str]) -> Entry | None:
        if not cell:
            problems.append(_("the name is missing."))
            return None
        number = participant_in(cell)
        if number in self._participants:
            return self._participants[number]
        students = self._students[normalized(cell)]
        shown = plain_line(cell, 80)
        if not students:
            problems.append(_("nobody is called {name}.").format(name=shown))
        elif len(students) > 1:
            problems.append(_("several are called {name}: write the participant's number.").format(name=shown))
        return students[0] if len(students) == 1 else None

    def _points(self, cell: str, check: str, problems: list[str]) -> float:
        most = self._max_points[check] if check else sum(self._max_points.values())
        try:
            points = float(cell.replace(",", "."))
        except ValueError:
            points = math.nan
        if not 0 <= points <= most:
            problems.append(
                _("points are a number from 0 to {most:g}, not {points}.").format(
                    most=most, points=plain_line(cell, 40) or _("nothing")
                )
            )
        return points
