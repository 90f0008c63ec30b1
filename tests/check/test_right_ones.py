"""Every way that is right gets full marks in the lab machine, a class of them side by side."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from labcheck.checks.verdicts import PASSED
from tests.check.conftest import environment, typed
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source

LIMIT_SECONDS = 1500
COMMAND = [sys.executable, "-m", "labcheck", "check-class"]


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_SECONDS + 60)
def test_right_ones(source: Source, tmp_path: Path) -> None:
    """The different-but-right submissions pass every check of what they handed in, all in one run of `check-class`."""
    right = [mutant for mutant in mutants.load("right") if mutant.base != "reference"]
    for mutant in right:
        (tmp_path / "class" / mutant.path.stem).mkdir(parents=True)
        mutants.make(mutant, tmp_path / "class" / mutant.path.stem)
    command = [*COMMAND, f"--class={tmp_path / 'class'}", f"--out={tmp_path / 'out'}"]
    said = typed(command, environment(source.setting), LIMIT_SECONDS)
    assert said.code == 0, said.output
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    jsonschema.validate(results, json.loads((tmp_path / "out" / "results.schema.json").read_text()))
    assert len(results["submissions"]) == len(right)
    wrong = {
        (one["name"], check["id"], check["actual"])
        for one in results["submissions"]
        for check in one["checks"]
        if check["area"] not in one["missing"] and check["verdict"] != PASSED
    }
    assert not wrong
