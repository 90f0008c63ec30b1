"""What all outputs say of a submission in the same way."""

from __future__ import annotations

from typing import Any

from labcheck.checks.marks import is_lost, is_withheld
from labcheck.checks.rubric import AREAS
from labcheck.i18n import _
from labcheck.plain import plain_line


def areas_of(results: dict[str, Any]) -> list[str]:
    """Return the areas that were checked in this run, in lab order."""
    checked = {check["area"] for submission in results["submissions"] for check in submission["checks"]}
    return [area for area in AREAS if area in checked]


def points_in(submission: dict[str, Any], area: str) -> tuple[float | None, float]:
    """Return a submission's points in an area and the greatest possible; None where the points are withheld."""
    checks = [check for check in submission["checks"] if check["area"] == area]
    most = sum(check["max_points"] for check in checks)
    if not checks or any(is_withheld(check) for check in checks):
        return None, most
    return sum(check["points"] for check in checks), most


def status_of(submission: dict[str, Any]) -> str:
    """Return in a word or two what became of a submission."""
    if submission.get("ungradable"):
        return _("ungradable")
    areas = {check["area"] for check in submission["checks"]}
    return _("nothing handed in") if areas <= set(submission["missing"]) and submission["missing"] else _("graded")


def passed_of(submission: dict[str, Any]) -> str:
    """Return pass or fail, empty where there is no mark or no pass mark."""
    passed = submission.get("pass")
    return "" if passed is None else _("pass") if passed else _("fail")


def first_broken(submission: dict[str, Any]) -> dict[str, Any] | None:
    """Return the check of the first step that broke, None where none did."""
    lost = [check for check in submission["checks"] if is_lost(check)]
    return min(lost, key=lambda check: check["step"], default=None)


def overridden(submission: dict[str, Any]) -> list[str]:
    """Return a sentence for each of the instructor's decisions."""
    sentence = _("{check}: {points:g} points by the instructor: {why}")
    decided = [(check["id"], check["override"]) for check in submission["checks"] if check.get("override")]
    if submission.get("override"):
        decided.append((_("all in all"), submission["override"]))
    return [
        sentence.format(check=name, points=override["points"], why=plain_line(override["why"]))
        for name, override in decided
    ]


def remarks(submission: dict[str, Any]) -> list[str]:
    """Return what else is to be known: why there is no mark, what was left aside, whose image is the same."""
    said = [submission["ungradable"]["reason"]] if submission.get("ungradable") else []
    said += [*submission.get("superseded", []), *submission.get("notes", [])]
    same = submission.get("same_image_as", [])
    if same:
        names = ", ".join(plain_line(name, 120) for name in same)
        said.append(_("The same image, or the same top layers, as {names}; no points are lost.").format(names=names))
    return [plain_line(sentence) for sentence in said]


def number(value: float | None, decimal: str = ".") -> str:
    """Return a number as people write it, to two places; empty for None."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".").replace(".", decimal)
