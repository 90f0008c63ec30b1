""".dockerignore (lab step 123), by what it ignores: whether the junk of steps 120 and 121 comes into the image."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from labcheck.checks.staging import ENVIRONMENT_NAMES, environment_names
from labcheck.compare.model import MISSING, Finding, Note, beyond, differs, equivalent, finding
from labcheck.i18n import _
from labcheck.submission.finder import ENVIRONMENT_MARK
from labcheck.submission.student_file import StudentFileError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from labcheck.submission.submission import Submission

NAME = ".dockerignore"
PATTERNS_LIMIT, FILES_LIMIT = 200, 2000
_MISNAMED = {".dockerignore.txt", "dockerignore", "dockerignore.txt", ".dockerignore.md", ".dockeringore"}
_CACHES = (".git", "__pycache__")


@dataclass(frozen=True)
class Ignore:
    """The patterns of an ignore file in order: https://docs.docker.com/build/concepts/context/#dockerignore-files."""

    patterns: tuple[tuple[bool, tuple[str, ...]], ...] = ()

    def ignores(self, path: str) -> bool:
        """Tell whether a path of the context, with slashes, stays out: the last pattern that fits it decides."""
        parts = path.split("/")
        ignored = False
        for keeps, pattern in self.patterns:
            if ignored == keeps and any(_fits(pattern, parts[:count]) for count in range(1, len(parts) + 1)):
                ignored = not keeps
        return ignored


def parse(text: str) -> Ignore:
    """Return what an ignore file says.

    Raises:
        StudentFileError: it has more patterns than anybody writes.
    """
    found = []
    for line in text.splitlines():
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        keeps = pattern.startswith("!")
        path = posixpath.normpath("/" + pattern.removeprefix("!").strip()).strip("/")
        if path:
            found.append((keeps, tuple(path.split("/"))))
    if len(found) > PATTERNS_LIMIT:
        raise StudentFileError(
            _("{name} has {count} patterns, too many to be compared.").format(name=NAME, count=len(found))
        )
    return Ignore(tuple(found))


def of_context(context: Path) -> Ignore:
    """Return what the ignore file of a build context says, nothing where there is none.

    Raises:
        StudentFileError: it cannot be read.
    """
    file = context / NAME
    return parse(read_text(file)) if file.is_file() or file.is_symlink() else Ignore()


def context_files(submission: Submission) -> list[str]:
    """Return the paths of a build context as it was when `docker build` ran: with an environment, .git and a cache."""
    if submission.context is None:
        return []
    found: list[str] = []
    folders = [submission.context]
    while folders and len(found) < FILES_LIMIT:
        for entry in sorted(folders.pop().iterdir()):
            path = entry.relative_to(submission.context).as_posix()
            if entry.is_dir() and not entry.is_symlink():
                if not (entry.name in _CACHES or (entry / ENVIRONMENT_MARK).exists()):
                    folders.append(entry)
            else:
                found.append(path)
    return [*found, *junk(submission)]


def junk(submission: Submission) -> list[str]:
    """Return a path in each folder that has no business in an image."""
    names = environment_names(submission)
    return [*(f"{name}/{ENVIRONMENT_MARK}" for name in names), ".git/HEAD", "__pycache__/app.pyc"]


def compare(submission: Submission, reference: str, in_image: Iterable[str]) -> Finding:
    """Compare the ignore file with the reference's text; `in_image` are the paths of the context that COPY takes.

    Raises:
        StudentFileError: it cannot be read.
    """
    context = submission.context
    taken = set(in_image)
    if context is None:
        return Finding(NAME, MISSING, 123, _("No build context was handed in."))
    file = context / NAME
    bad = [name for name in ("Dockerfile",) if name in taken]
    environments = [name for name in environment_names(submission) if f"{name}/{ENVIRONMENT_MARK}" in taken]
    if not (file.is_file() or file.is_symlink()):
        return _without_file(context, reference, bad + environments)
    text = read_text(file)
    ignore = parse(text)
    notes = [_environment(ignore, name, text, reference) for name in environments]
    if bad:
        says = _("The Dockerfile comes into the image, where it is of no use.")
        notes.append(differs(123, says, reference, text))
    needed = [name for name in ("app.py", "requirements.txt") if (context / name).is_file() and ignore.ignores(name)]
    if needed:
        says = _("{names} is kept out of the build, which needs it: COPY or pip fails at step 114.")
        notes.append(differs(123, says.format(names=", ".join(needed)), reference, text))
    notes += _other_ways(ignore, environment_names(submission), text, reference, taken)
    return finding(NAME, 123, notes, identical=text == reference)


def _without_file(context: Path, reference: str, taken: list[str]) -> Finding:
    misnamed = [path.name for path in context.iterdir() if path.name.lower() in _MISNAMED]
    if misnamed:
        says = _("Docker reads no file of the name {name}: the junk of steps 120 and 121 is in the image.")
        return finding(NAME, 123, [differs(123, says.format(name=misnamed[0]), NAME, misnamed[0])])
    if not taken:
        says = _("There is none, and none is needed: COPY takes the app's files alone (step 122, the first way).")
        return finding(NAME, 122, [equivalent(122, says, reference, "")])
    says = _("There is none: {names} comes into the image, some 25 MB of junk (steps 121, 123).")
    return Finding(NAME, MISSING, 123, says.format(names=", ".join(taken)))


def _environment(ignore: Ignore, name: str, text: str, reference: str) -> Note:
    others = [other for other in ENVIRONMENT_NAMES if other != name and ignore.ignores(f"{other}/{ENVIRONMENT_MARK}")]
    if others:
        says = _("The environment is called {name} and the file says {other}: 25 MB of junk in the image (105, 123).")
        return differs(105, says.format(name=name, other=others[0]), reference, text)
    says = _("The environment {name} is not ignored: 25 MB of junk in the image (step 121).")
    return differs(123, says.format(name=name), reference, text)


def _other_ways(ignore: Ignore, environments: list[str], text: str, reference: str, taken: set[str]) -> Iterable[Note]:
    """Yield why what is written otherwise comes to the same, and what the reference keeps out besides."""
    if [line.strip() for line in text.splitlines()] == [line.strip() for line in reference.splitlines()]:
        return
    lab = ("Dockerfile", *(f"{name}/{ENVIRONMENT_MARK}" for name in environments))
    if all(ignore.ignores(path) for path in lab):
        yield equivalent(123, _("What the lab wants ignored is ignored."), reference, text)
    elif not taken.intersection(lab):
        says = _("What it does not ignore, COPY does not take (step 122, the first way).")
        yield equivalent(122, says, reference, text)
    caches = [name for name in _CACHES if any(path.startswith(f"{name}/") for path in taken)]
    if caches:
        says = _("{names} would come into the image; the reference keeps them out.")
        yield beyond(123, says.format(names=", ".join(caches)), "\n".join(caches), text)


def _fits(pattern: tuple[str, ...], path: list[str]) -> bool:
    """Tell whether a pattern fits a whole path: `**` stands for any number of folders, the rest part by part."""
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached, default=len(path) + 1), len(path) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(path) and _expression(part).match(path[at])}
    return len(path) in reached


@cache
def _expression(part: str) -> re.Pattern[str]:
    # Go's filepath.Match writes [^a] and \a where Python's fnmatch has [!a] and [a]; fnmatch's stars do not backtrack
    part = re.sub(r"\\(.)", r"[\1]", part).replace("[^", "[!")
    return re.compile(fnmatch.translate(part))
