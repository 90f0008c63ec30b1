"""What a RUN does, as far as its words tell: whether pip installs what the lab asks for, and what else is put in."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEPARATORS = re.compile(r"&&|\|\||[;|\n]|\\\n")
_ASSIGNMENT = re.compile(r"^\w+=\S*$")
_PIP = re.compile(r"^(?:\S*/)?pip[\d.]*$")
_PYTHON = re.compile(r"^(?:\S*/)?python[\d.]*$")
# what leaves nothing worth a word in an image, or makes it smaller
_HARMLESS = {
    *("[", "adduser", "addgroup", "cat", "cd", "chmod", "chown", "cp", "echo", "exit", "export", "find", "groupadd"),
    *("id", "ln", "ls", "mkdir", "mv", "printf", "pwd", "python", "python3", "rm", "sed", "set", "test", "touch"),
    *("true", "useradd", ":"),
}
_PACKAGE_MANAGERS = {"apk", "apt", "apt-get"}
_COMPILERS = re.compile(
    r"^(?:\.?build-deps?|build-base|build-essential|clang|cargo|cmake|g\+\+|gcc|make|musl-dev|rust\w*|\S+-dev)$"
)
_WITH_VALUE = {"-c", "-f", "-i", "-t", "--constraint", "--extra-index-url", "--index-url", "--prefix", "--root"}
_WITH_VALUE |= {"--target", "--timeout", "--trusted-host", "--find-links", "--retries"}


@dataclass(frozen=True)
class Pip:
    """A `pip install`: the files and packages it is given, its flags, and the variables set for it."""

    files: tuple[str, ...]
    packages: tuple[str, ...]
    flags: frozenset[str]
    variables: frozenset[str]


def simple(command: str) -> list[list[str]]:
    """Return the commands of a RUN, each in words."""
    return [words for part in _SEPARATORS.split(command.replace("\\\n", " ")) if (words := part.split())]


def pip(words: list[str]) -> Pip | None:
    """Return what a command has pip install, None where it is none."""
    variables = frozenset(word.partition("=")[0] for word in words if _ASSIGNMENT.match(word) and "==" not in word)
    rest = words[sum(1 for _ in _leading(words)) :]
    if len(rest) > 2 and _PYTHON.match(rest[0]) and rest[1] == "-m":  # noqa: PLR2004 - python -m pip
        rest = rest[2:]
    if not rest or not _PIP.match(rest[0]) or "install" not in rest:
        return None
    files, packages, flags = [], [], []
    after = iter(rest[rest.index("install") + 1 :])
    for word in after:
        if word in {"-r", "--requirement"}:
            files.append(next(after, ""))
        elif word.startswith(("-r", "--requirement=")):
            files.append(word.removeprefix("--requirement=").removeprefix("-r"))
        elif word in _WITH_VALUE:
            next(after, "")
        elif word.startswith("-"):
            flags.append(word)
        else:
            packages.append(word.strip("'\"").lower())
    return Pip(tuple(files), tuple(packages), frozenset(flags), variables)


def brings_compilers(words: list[str]) -> bool:
    """Tell whether a command installs what compiles: step 128's small image has none."""
    return words[0] in _PACKAGE_MANAGERS and any(_COMPILERS.match(word) for word in words)


def is_harmless(words: list[str]) -> bool:
    """Tell whether nothing that matters to the lab can come of a command."""
    rest = words[sum(1 for _ in _leading(words)) :]
    if not rest or _PACKAGE_MANAGERS.intersection(rest[:1]):
        return True  # what a package manager installs is told by `brings_compilers`
    return rest[0] in _HARMLESS or pip(words) is not None


def _leading(words: list[str]) -> list[str]:
    """Return the assignments before a command."""
    found: list[str] = []
    for word in words:
        if not _ASSIGNMENT.match(word):
            break
        found.append(word)
    return found
