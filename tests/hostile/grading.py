"""A class graded as an instructor does it, and what came of each submission."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from labcheck.checks.verdicts import FAILED
from tests.check.conftest import environment, typed
from tests.hostile.submissions import FULL, NO_MARK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.check.conftest import Said

Results = dict[str, Any]


def check_class(path: Path, out: Path, *options: str, hub: str, seconds: float, **more: str) -> Said:
    """Type `check-class` and return what it said; `more` is its environment."""
    command = [sys.executable, "-m", "labcheck", "check-class", f"--class={path}", f"--out={out}", *options]
    return typed(command, {**environment(hub), **more}, seconds)


def graded(path: Path, out: Path, *options: str, hub: str, seconds: float, **more: str) -> dict[str, Results]:
    """Grade a class and return the results by name."""
    said = check_class(path, out, *options, hub=hub, seconds=seconds, **more)
    assert (out / "index.html").is_file(), said.output
    return {one["name"]: one for one in json.loads((out / "results.json").read_text())["submissions"]}


def failed(one: Results) -> list[str]:
    """Return the checks that failed, in lab order."""
    return [check["id"] for check in one["checks"] if check["verdict"] == FAILED]


def came_of(one: Results) -> str:
    """Return FULL, NO_MARK, or the first check in lab order that failed."""
    if one["ungradable"] or "build" in one["missing"]:
        return NO_MARK
    return next(iter(failed(one)), FULL)
