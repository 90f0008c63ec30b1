"""Results as grading makes them, for the tests of what is written from them."""

from __future__ import annotations

from typing import Any

from labcheck.checks import marks
from labcheck.checks.verdicts import FAILED, PASSED, SKIPPED, UNGRADABLE


def check(name: str, verdict: str = PASSED, *, step: int = 113, worth: float = 10, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return one check."""
    return {
        "id": name,
        "step": step,
        "area": name.partition(".")[0],
        "title": f"What {name} asks for.",
        "verdict": verdict,
        "points": worth if verdict == PASSED else 0.0,
        "max_points": worth,
        "beyond": False,
        "expected": "this",
        "actual": "that" if verdict != PASSED else "",
        "hint": "Do this." if verdict != PASSED else "",
        "seconds": 0.25,
        **other,
    }


def submission(name: str, *checks: dict[str, Any], needed: float | None = 60, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return one submission, its mark made of its checks."""
    made = {"name": name, "max_score": sum(one["max_points"] for one in checks), "missing": [], "checks": list(checks)}
    return marks.settled({**made, **other}, needed)


def results(*submissions: dict[str, Any]) -> dict[str, Any]:
    """Return a run of them."""
    return {"schema": 1, "rubric": {}, "environment": {}, "submissions": list(submissions)}


def a_class() -> dict[str, Any]:
    """Return a class in which everything there is happens."""
    build, run, keeper = "build.dockerfile_builds", "run.app_starts", "keeper.stores"
    return results(
        submission(
            "Иванова Мария",
            check(build),
            check(run, worth=20, step=116),
            check(keeper, worth=7.5, step=142),
            participant="1234567",
            same_image_as=["Пётр Сидоров"],
            superseded=["Handed in more than once: old.zip is left aside."],
            images=[{"tag": "flask:alpine", "bytes": 60_000_000, "own_bytes": 9_000_000, "base": None}],
        ),
        submission(
            "Пётр Сидоров",
            check(build),
            check(run, FAILED, worth=20, step=116, expected="Hello", actual="Bye <b>", hint='Return "Hello" \\'),
            check(keeper, SKIPPED, worth=7.5, step=142),
            check("size.no_cache", FAILED, worth=0, step=127, beyond=True),
            participant="1234568",
            missing=["keeper"],
        ),
        submission(
            "Ким Анна",
            check(build, UNGRADABLE, actual="no base image", expected="", hint=""),
            check(run, worth=20, step=116),
            check(keeper, worth=7.5, step=142),
            participant="1234569",
        ),
        submission("dead", participant="7", max_score=37.5, ungradable={"reason": "It hung twice.", "checks": []}),
        submission(
            "ivanov",
            check(build, FAILED, override={"points": 4.0, "why": "half of it is right"}, points=4.0),
            check(run, UNGRADABLE, worth=20, step=116, override={"points": 20.0, "why": "seen by eye"}, points=20.0),
            check(keeper, worth=7.5, step=142),
            notes=["a note"],
        ),
        submission("nobody", check(build, SKIPPED), check(keeper, SKIPPED), missing=["build", "keeper"]),
    )
