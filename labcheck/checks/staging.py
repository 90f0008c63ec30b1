"""The build context as it was on the student's machine when `docker build` ran (lab step 114): with its junk.

Hardly anybody hands in the virtual environment of step 105, so a small one is put where it was; a marked file in it
tells whether it comes into the image. So the marks do not depend on what was zipped, and contexts stay small.
"""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.checks.verdicts import UngradableError, there
from labcheck.i18n import _
from labcheck.submission.finder import ENVIRONMENT_MARK
from labcheck.submission.student_file import StudentFileError, read_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.submission.submission import Submission

FOLDER_BYTES = 2 * 10**9
MARK = "labcheck-junk"  # a file of this name in an image came from what should have stayed outside
JUNK_FOLDERS = (".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv", "node_modules")
# step 105 says "ven" and types "venv"; students know others; .env is a file of settings as a rule
ENVIRONMENT_NAMES = ("venv", "ven", ".venv", "env")


def stage(submission: Submission, target: Path) -> Path:
    """Copy the build context to `target`, its junk replaced by marked stubs, and return `target`.

    Raises:
        UngradableError: there is too much of it.
    """
    copy(there(submission.context), target, is_junk=_is_junk)
    for path in submission.lent:
        shutil.copyfile(path, _cleared(target / path.name))
    for name in environment_names(submission):
        _stub(target / name, {ENVIRONMENT_MARK: "home = /usr/bin\n", MARK: name})
    _stub(target / ".git", {"HEAD": "ref: refs/heads/main\n", MARK: ".git"})
    _stub(target / "__pycache__", {MARK: "__pycache__"})
    return target


def copy(folder: Path, target: Path, *, is_junk: Callable[[Path], bool] = lambda _path: False) -> Path:
    """Copy a student's folder and return `target`; pipes and the like stay behind, docker does not take them either.

    Raises:
        UngradableError: there is too much of it.
    """
    left = FOLDER_BYTES

    def left_out(inside: str, names: list[str]) -> list[str]:
        nonlocal left
        modes = {path.name: path.lstat() for path in map(Path(inside).joinpath, names) if not is_junk(path)}
        left -= sum(status.st_size for status in modes.values())
        if left < 0:
            raise UngradableError(
                _("{folder} holds more than {size} GB: hand in the files of the lab alone.").format(
                    folder=folder.name, size=FOLDER_BYTES // 10**9
                )
            )
        return [name for name in names if name not in modes or not _is_copied(modes[name].st_mode)]

    return Path(shutil.copytree(folder, target, ignore=left_out, symlinks=True, dirs_exist_ok=True))


def readable(folder: Path) -> Path:
    """Let every user of a container read what is in a copy, and return it: modes are lost in mail and archives."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return folder


def _is_junk(path: Path) -> bool:
    return path.name in JUNK_FOLDERS or (path / ENVIRONMENT_MARK).exists()


def _is_copied(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


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
    try:
        return [line.strip() for line in read_text(path).splitlines()]
    except StudentFileError:  # there is none, or docker does not read it either
        return []


def _cleared(path: Path) -> Path:
    """Return a path with nothing there any more: what is written to a student's link lands where that leads."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path


def _stub(folder: Path, files: dict[str, str]) -> None:
    if folder.is_symlink() or not folder.is_dir():
        _cleared(folder).mkdir()
    for name, text in files.items():
        _cleared(folder / name).write_text(text, encoding="utf-8")
