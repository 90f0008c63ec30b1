"""The first thing that `make` does: a virtual environment, or a sentence that says what to type."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


def run(python: str, venv: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/venv.sh with an interpreter and a PATH."""
    return subprocess.run(  # noqa: S603 - a script of ours
        ["/bin/sh", "scripts/venv.sh", str(venv)],
        cwd=CHECKOUT,
        env={"PYTHON": python, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    """Without Python the message says which packages bring it."""
    done = run("python9", tmp_path / "venv", os.environ["PATH"])
    assert done.returncode == 2
    assert done.stderr == (
        "Error: no python9 here. Install Python 3.10 or newer: sudo apt-get install python3 python3-venv\n"
    )


@pytest.mark.parametrize(
    ("failing", "message"),
    [
        ("*version_info*", "is too old: 3.10 or newer is needed"),
        ("*ensurepip*", "python3-venv is missing. Install it: sudo apt-get install python3-venv"),
    ],
)
def test_an_interpreter_that_lacks_something_is_named(tmp_path: Path, failing: str, message: str) -> None:
    """A Python that is too old, or without venv where we may not install it, is an error with what to type."""
    for command in ("sh", "id", "rm", "mktemp", "touch"):  # a PATH without apt-get: nothing can be installed
        found = shutil.which(command)
        assert found
        (tmp_path / command).symlink_to(found)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase $2 in {failing}) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    done = run(str(python), tmp_path / "venv", str(tmp_path))
    assert done.returncode == 2
    assert message in done.stderr


def test_a_checkout_in_a_folder_with_spaces_works(tmp_path: Path) -> None:
    """`make` and the tool behind it work in «мои лабы 1/checkout»."""
    checkout = tmp_path / "мои лабы 1" / "check out"
    shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache"))
    (checkout / ".venv").symlink_to(CHECKOUT / ".venv")
    for target, expected in (("help", "make build-all"), ("engine", "Docker Engine")):
        done = subprocess.run(  # noqa: S603 - fixed words
            ["make", target],  # noqa: S607 - found on PATH
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "LANGUAGE": "en"},
        )
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout
