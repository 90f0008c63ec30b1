"""A function in a process of its own gives its answer, or a sentence: bounds hold whatever it does."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from labcheck.errors import UnreadableError
from labcheck.submission import confined

if TYPE_CHECKING:
    from pathlib import Path

BOUNDS = confined.Bounds(seconds=20, memory=1 << 28, file=1000)


def call(function: str, *arguments: object, bounds: confined.Bounds = BOUNDS) -> object:
    """Call a function of the standard library, as if it read a student's file."""
    return confined.call(function, *arguments, name="Иванов.pdf", bounds=bounds)


def test_answer_is_the_functions() -> None:
    """Arguments and answer travel as JSON."""
    assert call("operator:add", ["я"], [1, None]) == ["я", 1, None]


@pytest.mark.parametrize(
    ("function", "arguments", "bounds"),
    [
        ("time:sleep", [60], confined.Bounds(seconds=1)),
        ("operator:mul", [[0], 10**9], BOUNDS),
        ("os:abort", [], BOUNDS),
    ],
    ids=["time", "memory", "signal"],
)
def test_bound_that_is_broken_is_said(function: str, arguments: list[object], bounds: confined.Bounds) -> None:
    """With the file's name, and what it may take."""
    with pytest.raises(UnreadableError, match=r"^Иванов\.pdf takes more than \d+ seconds or \d+ MB"):
        call(function, *arguments, bounds=bounds)


def test_exception_is_a_sentence_with_its_reason() -> None:
    """What the parser said is kept for logs, and not shown."""
    with pytest.raises(UnreadableError, match=r"^Иванов\.pdf cannot be read") as error:
        call("builtins:int", "<b>")
    assert error.value.reason == "ValueError: invalid literal for int() with base 10: '<b>'"


def test_files_are_bounded_and_nobody_elses(tmp_path: Path) -> None:
    """A file cannot grow beyond its bound; what is made is for its owner alone."""
    with pytest.raises(UnreadableError):
        call("shutil:copyfile", "/bin/sh", str(tmp_path / "copy"))
    assert (tmp_path / "copy").stat().st_size == BOUNDS.file
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    call("os:mkdir", str(tmp_path / "folder"))
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
