"""The build context as it was on the student's machine when `docker build` ran (lab step 114): with its junk.

Hardly anybody hands in the virtual environment of step 105, so a small one is put where it was; a marked file in it
tells whether it comes into the image. So the marks do not depend on what was zipped, and contexts stay small.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from labcheck.finder import ENVIRONMENT_MARK
from labcheck.verdicts import there

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.submission import Submission

MARK = "labcheck-junk"  # a file of this name in an image came from what should have stayed outside
JUNK_FOLDERS = (".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv", "node_modules")
# step 105 says "ven" and types "venv"; students know others
ENVIRONMENT_NAMES = ("venv", "ven", ".venv", "env", ".env")


def stage(submission: Submission, target: Path) -> Path:
    """Copy the build context to `target`, its junk replaced by marked stubs, and return `target`."""
    context = there(submission.context)

    def junk(folder: str, names: list[str]) -> list[str]:
        inside = context.joinpath(folder)
        return [n for n in names if n in JUNK_FOLDERS or (inside / n / ENVIRONMENT_MARK).exists()]

    shutil.copytree(context, target, ignore=junk, symlinks=True, dirs_exist_ok=True)
    for path in submission.lent:
        shutil.copyfile(path, target / path.name)
    for name in environment_names(submission):
        _stub(target / name, {ENVIRONMENT_MARK: "home = /usr/bin\n", MARK: name})
    _stub(target / ".git", {"HEAD": "ref: refs/heads/main\n", MARK: ".git"})
    _stub(target / "__pycache__", {MARK: "__pycache__"})
    return target


def environment_names(submission: Submission) -> list[str]:
    """Return what the virtual environment is called: as handed in, else as the ignore file says, else venv."""
    if submission.environments:
        return list(submission.environments)
    return [ignored_environment(submission) or "venv"]


def ignored_environment(submission: Submission) -> str | None:
    """Return the name of a virtual environment that the ignore file has, None where it has none."""
    ignore = submission.context / ".dockerignore" if submission.context else None
    lines = _lines(ignore) if ignore else []
    return next((name for name in ENVIRONMENT_NAMES if any(_means(line, name) for line in lines)), None)


def _means(line: str, name: str) -> bool:
    return re.fullmatch(rf"(?:\*\*/|\.?/)?{re.escape(name)}(?:/|/\*|/\*\*)?", line) is not None


def _lines(path: Path) -> list[str]:
    if not path.is_file():  # a named pipe would be waited for
        return []
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines()]
    except OSError:
        return []


def _stub(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
