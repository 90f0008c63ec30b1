"""docs/errata.md: every erratum names a test of the walkthrough that there is."""

from __future__ import annotations

import re

from labcheck.images.lab import CHECKOUT
from labcheck.walkthrough import steps

ROW = re.compile(r"^\| ([\d, ]+) \|.*\| `(test_\w+\.py)(?:::(test_\w+))?` \|$", re.MULTILINE)


def test_each_erratum_is_shown_by_a_test_of_its_step() -> None:
    """Each row names a file of the walkthrough, and the test in it that runs the step."""
    rows = ROW.findall((CHECKOUT / "docs" / "errata.md").read_text(encoding="utf-8"))
    assert len(rows) > 10
    runs = steps.runs()
    for numbers, file, name in rows:
        wanted = {int(number) for number in numbers.split(",")}
        tests = [run for run in runs if run.test == f"{file}::{name}" or (not name and run.test.startswith(file))]
        found = {step for run in tests for step in run.steps}
        assert wanted & found, f"{file}::{name} does not run step {numbers}"
