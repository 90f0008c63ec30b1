"""The table of the lab's steps, read from the tests that run them: what each asks, the commands, the test."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.checks.rubric import load_toml
from labcheck.errors import LabcheckError
from labcheck.i18n import _, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTORY = Path(__file__).parent.parent.parent / "tests" / "walkthrough"
REASONS = DIRECTORY / "not_run.toml"
_DOCS = DIRECTORY.parent.parent / "docs"
DOCUMENTS = {"en": _DOCS / "steps.md", "ru": _DOCS / "steps.ru.md"}
COUNT = 148  # the lab's own numbering
NOTHING = "-"
_TYPING = {"type", "enter", "leave", "start", "answer", "open"}  # what a student does, in tests


@dataclass(frozen=True)
class Run:
    """A test of the walkthrough: the steps it runs, what it claims, what is typed in it, and where it is."""

    steps: tuple[int, ...]
    claim: str
    commands: tuple[str, ...]
    test: str


def runs() -> list[Run]:
    """Return the walkthrough's tests in the order in which they stand."""
    return [run for file in sorted(DIRECTORY.glob("test_*.py")) for run in _runs_in(file)]


def reasons(language: str) -> dict[int, str]:
    """Return why a step is not run, by its number, in one of the languages of DOCUMENTS."""
    return {int(step): str(reason[language]) for step, reason in load_toml(REASONS).items()}


def claim_of(docstring: str | None) -> str:
    """Return the first line of a test's docstring: what it claims."""
    return (docstring or "").partition("\n")[0]


def part(text: str) -> tuple[int, int]:
    """Return the first and last step of a part of the lab, as `62` or `62-78` names it; all of it where it is empty.

    Raises:
        LabcheckError: the lab has no such steps.
    """
    first, dash, last = text.partition("-")
    try:
        steps = (int(first), int(last if dash else first)) if text else (1, COUNT)
    except ValueError:
        steps = (0, 0)
    if not 1 <= steps[0] <= steps[1] <= COUNT:
        raise LabcheckError(
            _("STEP is the number of a step, 1 to {count}, or a part like 62-78; not {text!r}.").format(
                count=COUNT, text=text
            )
        )
    return steps


def document(language: str) -> str:
    """Return what the page in that language, one of DOCUMENTS, is to be."""
    gettext = translator(language)
    run = {step for one in runs() for step in one.steps}
    head = gettext("The lab's steps, and what runs them")
    about = gettext(
        "{run} of the lab's {count} steps are run by `tests/walkthrough/`, typed as they stand in the text, in the lab "
        "machine. `make walkthrough STEP=62-78` shows a part as it goes. This page is made from the tests themselves, "
        "by `make steps`: what is in braces is what a person puts in its place."
    )
    return f"# {head}\n\n{about.format(count=COUNT, run=len(run))}\n\n{table(language)}"


def table(language: str) -> str:
    """Return the table in Markdown: a row a step, with the test that runs it or the reason why none does.

    Raises:
        LabcheckError: a step has neither.
    """
    gettext = translator(language)
    by_step: dict[int, list[Run]] = {step: [] for step in range(1, COUNT + 1)}
    for run in runs():
        for step in run.steps:
            by_step[step].append(run)
    why = reasons(language)
    heads = [gettext("step"), gettext("what it asks, and what shows"), gettext("typed"), gettext("run by")]
    rows = [f"| {' | '.join(heads)} |", "|---:|---|---|---|"]
    for step, found in by_step.items():
        claims = "<br>".join(gettext(run.claim) for run in found) or NOTHING
        commands = "<br>".join(f"`{command}`" for run in found for command in run.commands) or NOTHING
        if not found and step not in why:
            raise LabcheckError(
                _("No test runs step {step} of the lab, and {file} does not say why.").format(
                    step=step, file=REASONS.name
                )
            )
        tests = "<br>".join(run.test for run in found) or gettext("not run: {reason}").format(reason=why[step])
        rows.append(
            "| " + " | ".join([str(step), *(cell.replace("|", "\\|") for cell in (claims, commands, tests))]) + " |"
        )
    return "\n".join(rows) + "\n"


def _runs_in(file: Path) -> Iterator[Run]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            numbers = sorted(number for mark in node.decorator_list for number in _steps_of(mark))
            if numbers:
                claim = claim_of(ast.get_docstring(node))
                yield Run(tuple(numbers), claim, tuple(_typed(node)), f"{file.name}::{node.name}")


def _steps_of(mark: ast.expr) -> list[int]:
    if not isinstance(mark, ast.Call) or ast.unparse(mark.func) != "pytest.mark.step":
        return []
    return [int(ast.literal_eval(argument)) for argument in mark.args]


def _typed(function: ast.FunctionDef) -> Iterator[str]:
    """Yield what is typed in a test, in the order of its lines."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _TYPING and call.args:
            text = _text(call.args[0])
            if text:
                yield text


def _text(value: ast.expr) -> str:
    """Return a text as it stands in the source, what is put into it in braces."""
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(part) for part in value.values)
    if isinstance(value, ast.FormattedValue):
        names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
        return "{" + (names[0] if names else "…") + "}"
    return str(value.value) if isinstance(value, ast.Constant) else ""
