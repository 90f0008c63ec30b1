"""The result of one run of the rubric as JSON: a line a check, in the words that reports use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labcheck.rubric import AREAS, OPTIONAL_AREAS
from labcheck.verdicts import FAILED, PASSED, SKIPPED, UNGRADABLE

if TYPE_CHECKING:
    from pathlib import Path

# the worst of a check's parts is its verdict: set-up, call and tear-down, or the same check on several images
_FROM_BEST_TO_WORST = (PASSED, SKIPPED, FAILED, UNGRADABLE)


class Results:
    """Collects the outcome of every check; `add` may be told of one check several times."""

    def __init__(self) -> None:
        """Begin with none."""
        self.checks: dict[str, dict[str, Any]] = {}

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

    def write(self, path: Path, name: str, missing: list[str]) -> None:
        """Write the submission's part of `results.json`; `missing` are the areas of which nothing was handed in."""
        path.write_text(json.dumps(self.summary(name, missing), ensure_ascii=False, indent=1), encoding="utf-8")

    def summary(self, name: str, missing: list[str]) -> dict[str, Any]:
        """Return name, score, the greatest possible score, what is missing, and the checks in lab order."""
        checks = sorted(self.checks.values(), key=lambda check: (AREAS.index(check["area"]), check["step"]))
        for check in checks:
            free = check["area"] in missing and check["area"] in OPTIONAL_AREAS
            check["points"] = check["max_points"] if check["verdict"] == PASSED or free else 0.0
            check["seconds"] = round(check["seconds"], 3)
        failed = [check["step"] for check in checks if check["verdict"] == FAILED and not check["beyond"]]
        return {
            "name": name,
            "score": sum(check["points"] for check in checks),
            "max_score": sum(check["max_points"] for check in checks),
            "first_failed_step": min(failed, default=None),
            "missing": missing,
            "checks": checks,
        }
