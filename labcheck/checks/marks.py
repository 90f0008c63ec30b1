"""The mark of a submission: points, percent, pass or fail, or that there is none because something is ungradable."""

from __future__ import annotations

from typing import Any

from labcheck.checks.verdicts import FAILED, UNGRADABLE
from labcheck.i18n import _

_ROUNDING = 1e-9


def settled(result: dict[str, Any], needed: float | None = None) -> dict[str, Any]:
    """Return a submission of `results.json` with what follows from its checks and from what the instructor overrode.

    That is `score` (points), `percent` (of `max_score`; None where the mark is withheld), `first_failed_step`,
    `ungradable` and, where `needed` is given, `pass`: whether it reached so many percent, None where the mark is
    withheld. `ungradable` that names no checks is about the submission as a whole: an override of the total alone ends
    it.
    """
    result = {**result, "ungradable": _withheld(result)}
    total = result.get("override")
    result["score"] = round(total["points"] if total else sum(check["points"] for check in result["checks"]), 4)
    failed = [check["step"] for check in result["checks"] if is_lost(check)]
    result["first_failed_step"] = min(failed, default=None)
    share = 100 * result["score"] / result["max_score"] if result["max_score"] else 0.0
    result["percent"] = None if result["ungradable"] else round(share, 2)
    if needed is not None:
        result["pass"] = None if result["ungradable"] else share + _ROUNDING >= needed
    return result


def is_lost(check: dict[str, Any]) -> bool:
    """Tell whether a check failed and cost points, unless the instructor gave all of them."""
    override = check.get("override")
    is_given = override is not None and override["points"] >= check["max_points"]
    return check["verdict"] == FAILED and not check["beyond"] and not is_given


def is_withheld(check: dict[str, Any]) -> bool:
    """Tell whether a check withholds the mark: it is ungradable, and the instructor did not decide."""
    return check["verdict"] == UNGRADABLE and not check["beyond"] and "override" not in check


def _withheld(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return why there is no mark, None where there is one."""
    said = result.get("ungradable")
    if result.get("override"):
        return None
    if said and not said["checks"]:
        return dict(said)
    checks = [check for check in result["checks"] if is_withheld(check)]
    if not checks:
        return None
    reason = said["reason"] if said else checks[0]["actual"] or _("Something is missing on our side.")
    return {"reason": reason, "checks": [check["id"] for check in checks]}
