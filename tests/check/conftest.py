"""Fixtures of `make check`: students' folders, and the command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source

LIMIT_SECONDS = 300
COMMAND = [
    "env",
    "--default-signal=INT",
    sys.executable,
    "-m",
    "labcheck",
    "check",
]  # a background job is deaf to Ctrl-C


@dataclass(frozen=True)
class Said:
    """How the command ended, and all that it printed, as one line for each paragraph."""

    code: int
    output: str

    @property
    def flat(self) -> str:
        """What it printed without line breaks, which depend on the width of the terminal."""
        return " ".join(self.output.split())


Check = Callable[..., Said]


def environment(hub: str, language: str = "en") -> dict[str, str]:
    """Return the environment of the command."""
    return {**mutants.environment(hub), "COLUMNS": "80", "LANGUAGE": language}


def typed(command: list[str], env: dict[str, str], seconds: float) -> Said:
    """Run a command of ours in the checkout, to its end; no traceback is ever shown."""
    done = subprocess.run(  # noqa: S603 - a command of ours
        command,
        cwd=CHECKOUT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert "Traceback" not in done.stdout
    return Said(done.returncode, done.stdout)


@pytest.fixture(scope="session")
def check(source: Source) -> Check:
    """A function that types `labcheck check` with some options."""

    def run(*options: object, language: str = "en", **more: str) -> Said:
        return typed([*COMMAND, *map(str, options)], {**environment(source.setting, language), **more}, LIMIT_SECONDS)

    return run


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """A student's folder at step 143, with the page and the snippet beside it: all of it right."""
    folder = tmp_path / "Мария Иванова"
    (folder / "tutorial" / "flask").mkdir(parents=True)
    mutants.step143(folder / "tutorial" / "flask")
    mutants.snippets(folder)
    return folder
