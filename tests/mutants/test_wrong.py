"""Each mistake is noticed, by the checks that mean it and by no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labcheck.verdicts import FAILED, UNGRADABLE
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", mutants.parameters("wrong"))
def test_mistake_is_noticed(mutant: Mutant, grade: Callable[[Mutant], dict[str, Any]]) -> None:
    """The checks that the mutant names fail; all others pass, or are skipped because they depend on one that failed."""
    graded = grade(mutant)
    assert mutants.verdicts(graded, FAILED) == mutant.kills, graded["output"]
    assert not mutants.verdicts(graded, UNGRADABLE), graded["output"]
