"""What a Dockerfile comes to, stage by stage: base, folder, what is copied where, what is run, what is started.

BuildKit's own parser reads it; nothing is built. https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dockerfile

from labcheck.compare import commands
from labcheck.compare.ignore import Ignore
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockerfile import Command

TEXT_LIMIT = 30_000  # bytes: the parser's time grows with the square of the length
INSTRUCTIONS_LIMIT, SOURCES_LIMIT = 60, 100  # the lab has six
INSTRUCTIONS = {
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"),
    *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}
_BASES_OWN = ["python3"]  # what the official python image starts
_SHELL = ["/bin/sh", "-c"]
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")


@dataclass(frozen=True)
class Run:
    """A RUN; `lacking` are the lists of requirements that pip is given there and that are not in the image by then.

    `after_code`: there is code in the image by then.
    """

    command: str
    lacking: tuple[str, ...]
    after_code: bool


@dataclass
class Stage:
    """A stage as its instructions leave it: `files` maps a path of the image to the path it was copied from."""

    base: str
    name: str = ""
    folder: str = "/"
    files: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {"/"})
    runs: list[Run] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # what COPY names and the context does not have
    others: dict[str, str] = field(default_factory=dict)  # any other instruction, by its word
    variables: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] | None = None
    shell_entrypoint: bool = False

    @property
    def started(self) -> list[str]:
        """The words of the process that a container of it starts."""
        if self.shell_entrypoint:
            return self.entrypoint
        command = self.command if self.command is not None else [] if self.entrypoint else _BASES_OWN
        return [*self.entrypoint, *command]


class Build:
    """A Dockerfile and its build context, followed without building."""

    def __init__(self, text: str, context: Iterable[str], ignore: Ignore) -> None:
        """Read the Dockerfile `text`; `context` are the paths of its context, `ignore` keeps some of them out.

        Raises:
            StudentFileError: docker would not understand it.
        """
        self.stages: list[Stage] = []
        self._context = {path: path for path in context if not ignore.ignores(path)}
        self._arguments: dict[str, str] = {}
        for one in _parse(text):
            self._take(one)
        if not self.stages:
            raise StudentFileError(_("There is no FROM in it."))

    @property
    def last(self) -> Stage:
        """The stage that becomes the image."""
        return self.stages[-1]

    @property
    def base(self) -> str:
        """The image that the last stage stands on, also where it stands on another stage."""
        return self._root(self.last).base

    @property
    def runs(self) -> list[Run]:
        """What is run in all stages."""
        return [run for stage in self.stages for run in stage.runs]

    def _root(self, stage: Stage) -> Stage:
        earlier = self._named(stage.base, self.stages.index(stage))
        return self._root(earlier) if earlier else stage

    def _named(self, name: str, before: int) -> Stage | None:
        if name.isdecimal() and int(name) < before:
            return self.stages[int(name)]
        return next((one for one in reversed(self.stages[:before]) if one.name and one.name == name.lower()), None)

    def _take(self, one: Command) -> None:
        word = (one.cmd or "").upper()  # a lone backslash is an instruction without a word
        if word not in INSTRUCTIONS:
            raise StudentFileError(
                _("Docker does not know the instruction {word} (line {line}).").format(
                    word=one.cmd or "", line=one.start_line
                )
            )
        if word == "FROM":
            self._begin(one)
        elif not self.stages:
            if word != "ARG":
                raise StudentFileError(_("It does not begin with FROM, but with {word}.").format(word=one.cmd))
            self._arguments |= _assigned(one.value, self._arguments)
        else:
            self._add(self.last, word, one)

    def _begin(self, one: Command) -> None:
        base = _expand(one.value[0], self._arguments) if one.value else ""
        if not base:
            raise StudentFileError(_("FROM names no image (line {line}).").format(line=one.start_line))
        name = one.value[2].lower() if len(one.value) > 2 else ""  # noqa: PLR2004 - FROM image AS name
        stage = Stage(base, name)
        earlier = self._named(base, len(self.stages))
        if earlier:
            stage.folder, stage.files, stage.folders = earlier.folder, dict(earlier.files), set(earlier.folders)
            stage.entrypoint, stage.command = list(earlier.entrypoint), earlier.command
            stage.variables = dict(earlier.variables)
        self.stages.append(stage)

    def _add(self, stage: Stage, word: str, one: Command) -> None:
        words = [_expand(value, stage.variables) for value in one.value]
        if word == "WORKDIR" and words:
            stage.folder = posixpath.normpath(posixpath.join(stage.folder, words[0])).replace("//", "/")
            stage.folders.add(stage.folder)
        elif word in {"COPY", "ADD"}:
            self._copy(stage, one, words)
        elif word == "RUN":
            command = " ".join([*one.value, *(doc.content for doc in one.heredocs)])
            mounted = any(flag.startswith("--mount") for flag in one.flags)
            given = [name for words in commands.simple(command) if (pip := commands.pip(words)) for name in pip.files]
            lacking = [name for name in given if posixpath.join(stage.folder, name) not in stage.files]
            has_code = any(path.endswith(".py") for path in stage.files)
            stage.runs.append(Run(command, () if mounted else tuple(lacking), has_code))
        elif word in {"ENTRYPOINT", "CMD"}:
            started = list(one.value) if one.json else [*_SHELL, *one.value]
            if word == "CMD":
                stage.command = started
            else:
                stage.entrypoint, stage.shell_entrypoint = started, not one.json
        else:
            if word in {"ENV", "ARG"}:
                stage.variables |= _assigned(one.value, {**self._arguments, **stage.variables})
            stage.others[word] = one.original

    def _copy(self, stage: Stage, one: Command, words: list[str]) -> None:
        stage.copies.append(one.original)
        if len(words) < 2:  # noqa: PLR2004 - from, to
            raise StudentFileError(
                _("{word} needs what to copy and where to (line {line}).").format(word=one.cmd, line=one.start_line)
            )
        *sources, target = words
        origin = next((flag.partition("=")[2] for flag in one.flags if flag.startswith("--from=")), None)
        held = [doc.name for doc in one.heredocs]
        available = self._context
        if origin is not None:
            earlier = self._named(origin, len(self.stages) - 1)
            if not earlier:
                return  # another image: nobody here knows what is in it
            available = {path.lstrip("/"): origin for path in earlier.files}
        many = len(sources) > 1 or target.endswith("/") or target in {".", ".."}
        goal = posixpath.normpath(posixpath.join(stage.folder, target))
        for source in sources:
            if "://" in source or source.removeprefix("<<") in held:
                continue
            taken = _select(available, source)
            if not taken and origin is None:
                stage.absent.append(source)
            for path, inner in taken.items():
                whole = inner or (path.rpartition("/")[2] if many or goal in stage.folders else "")
                place = posixpath.normpath(posixpath.join(goal, whole)) if whole else goal
                stage.files[place] = available[path]
                stage.folders.add(posixpath.dirname(place))


def _parse(text: str) -> tuple[Command, ...]:
    try:
        found = tuple(dockerfile.parse_string(text.replace("\0", "\N{REPLACEMENT CHARACTER}")))
    except dockerfile.GoParseError as error:
        raise StudentFileError(_("Docker does not understand it: {reason}.").format(reason=error)) from error
    if len(found) > INSTRUCTIONS_LIMIT or any(len(one.value) > SOURCES_LIMIT for one in found):
        raise StudentFileError(_("It has more instructions, or longer ones, than can be compared."))
    return found


def _select(available: dict[str, str], source: str) -> dict[str, str]:
    """Return the paths that COPY takes, with what is left of each below a folder that it names, empty for a file."""
    wanted = posixpath.normpath("/" + source).strip("/")
    if not wanted:
        return {path: path for path in available}
    if wanted in available:
        return {wanted: ""}
    inside = {path: path.removeprefix(wanted + "/") for path in available if path.startswith(wanted + "/")}
    if inside or not set("*?[") & set(wanted):
        return inside
    depth = wanted.count("/") + 1
    shape = Ignore(((False, tuple(wanted.split("/"))),))
    heads = {path: "/".join(path.split("/")[:depth]) for path in available}
    return {path: path.removeprefix(head).strip("/") for path, head in heads.items() if shape.ignores(head) and head}


def _assigned(words: tuple[str, ...], known: dict[str, str]) -> dict[str, str]:
    """Return what ARG or ENV sets: the parser gives ENV as name, value, name, value, and ARG as name=value."""
    if words and "=" in words[0]:
        pairs = [word.partition("=")[::2] for word in words]
    else:
        pairs = list(zip(words[::2], words[1::2], strict=False))
    return {name: _expand(value, known).strip("\"'") for name, value in pairs}


def _expand(text: str, variables: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[3]) or match[2] or ""

    return _VARIABLE.sub(value, text)[:1000]  # variables of variables grow
