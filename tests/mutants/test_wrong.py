"""Each mistake is noticed, by the checks that mean it and by no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.rubric import load_toml
from labcheck.checks.verdicts import FAILED, UNGRADABLE
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", mutants.parameters("wrong"))
def test_mistake_is_noticed(mutant: Mutant, grade: Callable[..., dict[str, Any]]) -> None:
    """The checks that the mutant names fail; all others pass, or are skipped because they depend on one that failed."""
    graded = grade(mutant)
    assert mutants.verdicts(graded, FAILED) == mutant.kills, graded["output"]
    assert not mutants.verdicts(graded, UNGRADABLE), graded["output"]
    assert mutants.diagnosis(mutant, "en") in mutants.hints(graded)


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant", [m for m in mutants.load("wrong") if mutants.diagnosis(m, "ru")], ids=lambda m: m.path.stem
)
def test_mistake_is_named_in_russian_too(mutant: Mutant, grade: Callable[..., dict[str, Any]]) -> None:
    """The mistakes of diagnoses.toml are named in the student's language."""
    assert mutants.diagnosis(mutant, "ru") in mutants.hints(grade(mutant, language="ru"))


def test_each_diagnosis_has_its_mutant() -> None:
    """A diagnosis without a mistake that shows it would never be seen."""
    assert set(load_toml(mutants.DIAGNOSES)) <= {mutant.path.stem for mutant in mutants.load("wrong")}
