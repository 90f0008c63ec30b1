"""Other ways that are right too get full marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.verdicts import PASSED
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", mutants.parameters("right"))
def test_other_way_is_accepted(mutant: Mutant, grade: Callable[[Mutant], dict[str, Any]]) -> None:
    """Everything that is scored in what was handed in passes."""
    graded = grade(mutant)
    assert graded["checks"]
    assert mutants.verdicts(graded, PASSED) == {check["id"] for check in graded["checks"]}, graded["output"]
    assert graded["score"] == graded["max_score"]
