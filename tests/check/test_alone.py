"""A mark depends on the submission alone: not on the order, the neighbours, the slots or the load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.verdicts import PASSED
from tests.hostile.attacks import ATTACKS
from tests.hostile.grading import failed, graded
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from labcheck.images.bases import Source

LIMIT_SECONDS = 600
CHOSEN = {"other-text", "no-ignore-file"}
WRONG = {mutant.path.stem: mutant for mutant in mutants.load("wrong") if mutant.path.stem in CHOSEN}


def _right(folder: Path) -> None:
    mutants.student(folder)
    mutants.snippets(folder)


def _wrong(name: str) -> Callable[[Path], None]:
    return lambda folder: mutants.make(WRONG[name], folder)


WORK: dict[str, Callable[[Path], None]] = {
    "right": _right,
    "by the letter": mutants.step143,
    **{name: _wrong(name) for name in WRONG},
}
HOSTILE = {name: ATTACKS[name].write for name in ("fork bomb", "memory")}


# in which order, and in how many slots
RUNS: dict[str, tuple[Sequence[str], int]] = {
    "one by one": (["right", "other-text", "by the letter", "no-ignore-file"], 1),
    "two by two": (["no-ignore-file", "by the letter", "other-text", "right"], 2),
    "beside attackers": (["fork bomb", "by the letter", "right", "memory", "no-ignore-file", "other-text"], 2),
}


def _marks(one: dict[str, Any]) -> dict[str, Any]:
    """Return all that counts of a submission: each check's verdict and points, and what they come to."""
    checks = {check["id"]: (check["verdict"], check["points"], check["max_points"]) for check in one["checks"]}
    totals = ("score", "max_score", "missing", "ungradable", "first_failed_step")
    return {**checks, **{name: one[name] for name in totals}}


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_SECONDS * len(RUNS) + 60)
def test_a_mark_depends_on_the_submission_alone(source: Source, tmp_path: Path) -> None:
    """Graded one by one, side by side in another order, and beside attackers: every verdict and point is the same."""
    marks: dict[str, dict[str, Any]] = {}
    for run, (order, slots) in RUNS.items():
        folder, out = tmp_path / run / "class", tmp_path / run / "out"
        for number, name in enumerate(order):
            (folder / f"{number} {name}").mkdir(parents=True)
            {**WORK, **HOSTILE}[name](folder / f"{number} {name}")
        results = graded(folder, out, f"--slots={slots}", hub=source.setting, seconds=LIMIT_SECONDS)
        by_name = {name: results[f"{number} {name}"] for number, name in enumerate(order)}
        marks[run] = {name: _marks(by_name[name]) for name in WORK}
        _assert_right(by_name)
    first, *others = marks.values()
    for other in others:
        assert other == first


def _assert_right(results: dict[str, Any]) -> None:
    """The marks are those that the work is worth: the same wrong ones three times would prove nothing."""
    kills = {name: set(mutant.kills) for name, mutant in WRONG.items()}
    assert {name: set(failed(results[name])) for name in WORK} == {"right": set(), "by the letter": set(), **kills}
    for name in ("right", "by the letter"):
        one = results[name]
        left = {check["verdict"] for check in one["checks"] if check["area"] not in one["missing"]}
        assert left == {PASSED}
