"""The result of one run of the rubric as JSON: a line a check, in the words that reports use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labcheck.checks.rubric import AREAS, OPTIONAL_AREAS
from labcheck.checks.verdicts import FAILED, PASSED, SKIPPED, UNGRADABLE

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.submission.submission import Submission

# the worst of a check's parts is its verdict: set-up, call and tear-down, or the same check on several images
_FROM_BEST_TO_WORST = (PASSED, SKIPPED, FAILED, UNGRADABLE)


class Results:
    """Collects the outcome of every check; `add` may be told of one check several times."""

    def __init__(self) -> None:
        """Begin with none."""
        self.checks: dict[str, dict[str, Any]] = {}
        self.images: list[Any] = []

    def add(self, outcome: dict[str, Any]) -> None:
        """Take in the outcome of one phase of one check."""
        known = self.checks.setdefault(outcome["id"], outcome)
        if known is outcome:
            return
        if _FROM_BEST_TO_WORST.index(outcome["verdict"]) > _FROM_BEST_TO_WORST.index(known["verdict"]):
            outcome["seconds"] += known["seconds"]
            self.checks[outcome["id"]] = outcome
        else:
            known["seconds"] += outcome["seconds"]

    def write(self, path: Path, handed_in: Submission) -> None:
        """Write the submission's part of `results.json`."""
        path.write_text(json.dumps(self.summary(handed_in), ensure_ascii=False, indent=1), encoding="utf-8")

    def summary(self, handed_in: Submission) -> dict[str, Any]:
        """Return name, score, the greatest possible score, what is missing, the checks in lab order, and the images."""
        missing = handed_in.missing
        checks = sorted(self.checks.values(), key=lambda check: (AREAS.index(check["area"]), check["step"]))
        for check in checks:
            free = check["area"] in missing and check["area"] in OPTIONAL_AREAS
            check["points"] = check["max_points"] if check["verdict"] == PASSED or free else 0.0
            check["seconds"] = round(check["seconds"], 3)
        failed = [check["step"] for check in checks if check["verdict"] == FAILED and not check["beyond"]]
        return {
            "name": handed_in.name,
            "score": (score := sum(check["points"] for check in checks)),
            "max_score": (most := sum(check["max_points"] for check in checks)),
            "percent": round(100 * score / most, 1) if most else 0.0,
            "first_failed_step": min(failed, default=None),
            "missing": missing,
            "notes": list(handed_in.notes),
            "checks": checks,
            "images": self.images,
        }
