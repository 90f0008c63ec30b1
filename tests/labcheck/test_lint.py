"""The project's own rules, each by the tool that knows them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from labcheck.images.lab import CHECKOUT

TOOLS = Path(sys.executable).parent


def files(*patterns: str) -> list[str]:
    """Return the project's files by pattern, without what is not ours (the virtual environment)."""
    found = sorted(path for pattern in patterns for path in CHECKOUT.rglob(pattern) if ".venv" not in path.parts)
    return [str(path.relative_to(CHECKOUT)) for path in found]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["hadolint", *files("Dockerfile", "Dockerfile.*")],
        ["shellcheck", *files("*.sh"), ".ci/run"],
    ],
    ids=lambda command: " ".join(command[:2]) if command[0] == "ruff" else command[0],
)
def test_lint(command: list[str]) -> None:
    """Format, style, types, Dockerfiles and shell scripts are clean."""
    done = subprocess.run(  # noqa: S603 - tools of ours
        [TOOLS / command[0], *command[1:]], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_stay_readable() -> None:
    """No file of ours is longer than 260 lines: one job per file."""
    long = {
        name: count
        for name in files("*.py", "*.sh")
        if (count := len((CHECKOUT / name).read_text().splitlines())) > 260
    }
    assert not long


def test_nobody_asks_docker_py_what_a_command_printed() -> None:
    """Its `exec_run` loses, under load, what comes together with the answer's head; `inside` does not."""
    found = [
        name for name in files("*.py") if re.search(r"\.exec_run\((?!.*detach=True)", (CHECKOUT / name).read_text())
    ]
    assert not found
