"""The rubric as a whole: every check notices something, is worth something, and says what a student needs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.rubric import AREAS, DIRECTORY, load_weights
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(DIRECTORY.glob("test_*.py"))
KILLED = frozenset().union(*(mutant.kills for mutant in mutants.load("wrong")))


def _checks() -> list[tuple[str, int, bool, str]]:
    """Return id, step, whether it is scored, and title of every check, as the files have them."""
    found = []
    for file in FILES:
        for node in ast.parse(file.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            marks = {_name(decorator): decorator for decorator in node.decorator_list}
            lab = marks["pytest.mark.lab"]
            assert isinstance(lab, ast.Call)
            settings: dict[str, Any] = {str(word.arg): ast.literal_eval(word.value) for word in lab.keywords}
            scored = not {"pytest.mark.beyond", "pytest.mark.reference"} & set(marks)
            identity = f"{settings['area']}.{node.name.removeprefix('test_')}"
            found.append((identity, settings["step"], scored, ast.get_docstring(node) or ""))
    return found


def _name(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def test_every_check_is_killed_by_a_mutant() -> None:
    """A check that no mistake makes fail would not be worth running; a mutant that names no check is a slip."""
    assert {identity for identity, _step, _scored, _title in _checks()} == KILLED


def test_points_are_for_scored_checks_and_come_to_a_hundred() -> None:
    """Each scored check has points, nothing else has, and the sum is 100."""
    weights = load_weights()
    assert set(weights) == {identity for identity, _step, scored, _title in _checks() if scored}
    assert min(weights.values()) > 0
    assert sum(weights.values()) == 100


def test_checks_have_a_step_an_area_and_a_title() -> None:
    """Every check cites a step of the lab, belongs to an area, and is a sentence to a student; all areas have some."""
    for identity, step, _scored, title in _checks():
        assert 1 <= step <= 148, identity
        assert title.endswith("."), identity
    assert {identity.partition(".")[0] for identity, *_rest in _checks()} == set(AREAS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_assertion_says_expected_actual_and_hint(file: Path) -> None:
    """A bare assert would show a student the test's source instead of words."""
    asserts = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Assert)]
    assert asserts
    for node in asserts:
        message = node.msg
        assert isinstance(message, ast.Call), f"line {node.lineno}"
        assert ast.unparse(message.func) == "mismatch", f"line {node.lineno}"
        assert len(message.args) + len(message.keywords) == 3, f"line {node.lineno}"
