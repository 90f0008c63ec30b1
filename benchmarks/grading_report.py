"""Grading beside a plain script, as a section of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.grading import ROUNDS, SIZE

if TYPE_CHECKING:
    from benchmarks.grading import Grading

_TEXT = """## Grading a class

{size} submissions as step 143 leaves them, graded {rounds} times by `benchmarks/happy_path.sh` and by
`make check-class`, in turn. The script walks the happy path: it builds, makes the keeper the lab's way, stores a value
and reads it, one submission after the other, on the bare engine, and says only whether that worked. `check-class`
grades side by side, each in a lab machine of its own, with every check, hint and page.

| seconds a submission | {rounds_head} |
|---|{rule}
| the script | {script} |
| `check-class` | {ours} |
"""


def section(measured: Grading) -> str:
    """Return the section."""
    return _TEXT.format(
        size=SIZE,
        rounds=ROUNDS,
        rounds_head=" | ".join(f"round {number}" for number in range(1, ROUNDS + 1)),
        rule="---:|" * ROUNDS,
        script=" | ".join(f"{seconds:.1f}" for seconds in measured.script),
        ours=" | ".join(f"{seconds:.1f}" for seconds in measured.ours),
    )
