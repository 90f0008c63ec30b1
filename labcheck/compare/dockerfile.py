"""The Dockerfile (lab steps 113, 122, 127), by what its build would come to; var_keeper's own too."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from labcheck.compare import commands, ignore
from labcheck.compare.model import DIFFERS, MISSING, Finding, Note, beyond, differs, equivalent, finding
from labcheck.compare.stages import TEXT_LIMIT, Build
from labcheck.i18n import _
from labcheck.images.bases import official_name
from labcheck.submission.student_file import StudentFileError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labcheck.submission.submission import Submission

APP = "/app"
VARIANTS = ("alpine", "slim")
KEEPER_STEP = 137  # where the image of var_keeper is made
_PACKAGES = {"flask", "mysql-connector-python"}
_NOT_A_WORD = {"-u", "-B"}  # python's own flags
_EXTRA = ("ENV", "ARG", "LABEL", "MAINTAINER", "EXPOSE", "USER", "VOLUME", "HEALTHCHECK", "SHELL", "ONBUILD")


def variant(base: str) -> str:
    """Return which of the official python images a base is: alpine, slim, or empty for the full one."""
    return next((name for name in VARIANTS if name in base.partition(":")[2]), "")


def missing(submission: Submission) -> Finding:
    """Return what there is to say where no Dockerfile is found."""
    alike = [name for name in submission.misnamed if "ignore" not in name.lower() and "docker" in name.lower()]
    if alike:
        says = _("Docker looks for Dockerfile, to the letter, and does not find {name}: the build at 114 fails.")
        return finding("Dockerfile", 113, [differs(113, says.format(name=alike[0]), "Dockerfile", alike[0])])
    return Finding("Dockerfile", MISSING, 113, _("No Dockerfile was handed in: there is nothing to build at 114."))


def read(context: Path, name: str, files: list[str]) -> Build:
    """Return a Dockerfile of a build context, followed; `files` are the paths of the context.

    Raises:
        StudentFileError: docker would not understand it, or it is too long.
    """
    return Build(read_text(context / name, TEXT_LIMIT), files, ignore.of_context(context))


def compare(name: str, text: str, mine: Build, reference: str, *, step: int = 113) -> Finding:
    """Compare a Dockerfile, whose text is `text`, with the reference's text on the same kind of base.

    `step` is the lab's at which its image is made, as far as a finding belongs to no other.
    """
    theirs = Build(reference, ["requirements.txt", "app.py", "flask_app/app.py", "page.html"], ignore.Ignore())
    found = [*_base(name, mine, theirs), *_folder(mine), *_copies(mine, theirs), *_runs(mine, theirs)]
    found += [*_start(mine, theirs), *_others(mine, theirs)]
    if step == KEEPER_STEP:
        found = [replace(note, step=step) if note.verdict == DIFFERS else note for note in found]
    return finding(name, step, found, identical=text == reference)


def unreadable(name: str, error: StudentFileError, step: int = 113) -> Finding:
    """Return what there is to say of a Dockerfile that docker would not understand."""
    says = _("{reason} The build at 114 fails.").format(reason=error)
    return finding(name, step, [differs(step, says)])


def _base(name: str, mine: Build, theirs: Build) -> Iterator[Note]:
    own = official_name(mine.base)
    lines = (f"FROM {theirs.base}", f"FROM {mine.base}")
    repository, _colon, tag = own.partition("@")[0].partition(":")
    if repository != "python":
        says = _("The base is not the official Python image: no python of the version that 104 shows is in it.")
        yield differs(113, says, *lines)
        return
    promised = next((kind for kind in VARIANTS if name.endswith(f".{kind}")), None)
    if promised and variant(own) != promised:
        says = _("{name} does not stand on the {kind} image: it is as big as the one it is to be smaller than.")
        yield differs(127, says.format(name=name, kind=promised), *lines)
    if own != mine.base:
        yield equivalent(113, _("The same image, by the name that a mirror has for it."), *lines)
    if tag.partition("-")[0] != theirs.base.partition(":")[2].partition("-")[0]:
        version = tag.partition("-")[0] or "latest"
        if re.match(r"2(\.|$)", version):
            yield differs(113, _("Python 2 runs no Flask of today: pip fails at 114."), *lines)
        else:
            says = _("Another Python, {version}: right where 104 shows that one.").format(version=version)
            yield equivalent(104, says, *lines)


def _folder(mine: Build) -> Iterator[Note]:
    if mine.last.folder != APP:
        says = _("The working directory is {folder}: later steps look for the app in /app (120, 136).")
        yield differs(113, says.format(folder=mine.last.folder), f"WORKDIR {APP}", f"WORKDIR {mine.last.folder}")


def _copies(mine: Build, theirs: Build) -> Iterator[Note]:
    lines = ("\n".join(theirs.last.copies), "\n".join(copy for stage in mine.stages for copy in stage.copies))
    absent = [source for stage in mine.stages for source in stage.absent]
    if absent:
        says = _("COPY names {source}, which the build context does not hold: the build at 114 fails.")
        yield differs(113, says.format(source=absent[0]), *lines)
    elif _app(mine) is None and mine.last.started[1:]:
        says = _("Nothing copies {app} to {folder}: python finds no such file at 116.")
        yield differs(113, says.format(app=mine.last.started[1], folder=mine.last.folder), *lines)
    elif lines[0] != lines[1]:
        yield equivalent(113, _("The app's files get to the same place."), *lines)
        if any(run.after_code for run in mine.runs if "install" in run.command):
            says = _("It installs before it copies the code, so that a change of the code does not install again.")
            yield beyond(113, says, *lines)


def _app(build: Build) -> str | None:
    """Return the path in the image of the file that python is to run, None where it is not there."""
    words = [word for word in build.last.started if word not in _NOT_A_WORD]
    if not re.fullmatch(r"(?:\S*/)?python[\d.]*", words[0]) or not "".join(words[1:2]).endswith(".py"):
        return ""
    path = posixpath.normpath(posixpath.join(build.last.folder, words[1]))
    opaque = any(copy for copy in build.last.copies if "--from=" in copy) and len(build.stages) == 1
    return path if path in build.last.files or opaque else None


def _runs(mine: Build, theirs: Build) -> Iterator[Note]:
    lines = tuple("\n".join(f"RUN {run.command}" for run in build.runs) for build in (theirs, mine))
    words = [one for run in mine.runs for one in commands.simple(run.command)]
    pips = [pip for one in words if (pip := commands.pip(one))]
    lacking = [name for run in mine.runs for name in run.lacking]
    if not any(pip.files or _PACKAGES & {re.split(r"[=<>~!\[]", name)[0] for name in pip.packages} for pip in pips):
        yield differs(113, _("Nothing installs what requirements.txt lists: no module named flask at 116."), *lines)
    elif lacking:
        says = _("{name} is not in the image when pip looks for it: WORKDIR and COPY come before RUN.")
        if posixpath.basename(lacking[0]) != "requirements.txt":
            says = _("pip is told to read {name}, which is not there: the lab's file is called requirements.txt.")
        yield differs(113, says.format(name=lacking[0]), *lines)
    elif not any(pip.files for pip in pips):
        says = _("The packages are named here, and requirements.txt is not used: right as long as both agree.")
        yield equivalent(113, says, *lines)
    if any("--no-deps" in pip.flags for pip in pips):
        yield differs(113, _("--no-deps: pip does not look whether the versions fit together (111)."), *lines)
    if any(commands.brings_compilers(one) for one in words):
        yield differs(128, _("Compilers stay in the image: twice its size."), *lines)
    strange = [one for one in words if not commands.is_harmless(one)]
    if strange:
        says = _("A command that the lab does not have, {command}: what it leaves is a layer more in the image.")
        yield differs(128, says.format(command=strange[0][0]), *lines)
    flags = frozenset().union(*(pip.flags | pip.variables for pip in pips))
    if pips and not {"--no-cache-dir", "PIP_NO_CACHE_DIR"} & flags and "PIP_NO_CACHE_DIR" not in mine.last.variables:
        yield beyond(118, _("--no-cache-dir keeps pip's cache, of no use there, out of the image."), *lines)
    if pips and "PYTHONDONTWRITEBYTECODE" not in {*flags, *mine.last.variables}:
        yield beyond(118, _("PYTHONDONTWRITEBYTECODE=1 and --no-compile keep bytecode out of the image."), *lines)


def _start(mine: Build, theirs: Build) -> Iterator[Note]:
    started, wanted = mine.last.started, theirs.last.started
    lines = (" ".join(wanted), " ".join(started))
    words = [posixpath.basename(word) for word in started if word not in _NOT_A_WORD]
    if words[:2] not in (["python", "app.py"], ["python3", "app.py"]):
        says = _("A container starts {command}, not python app.py; each of ENTRYPOINT and CMD is a list in brackets.")
        yield differs(113, says.format(command=lines[1]), *lines)
    elif not mine.last.entrypoint:
        says = _("ENTRYPOINT takes arguments after the image's name; CMD alone is replaced by them.")
        yield equivalent(113, _("It starts the same."), *lines)
        yield beyond(113, says, *lines)
    elif started != wanted:
        yield equivalent(113, _("It starts the same."), *lines)


def _others(mine: Build, theirs: Build) -> Iterator[Note]:
    more = [mine.last.others[word] for word in _EXTRA if word in mine.last.others and word not in theirs.last.others]
    if more:
        says = _("More instructions, which change nothing that the lab looks at.")
        yield equivalent(113, says, "", "\n".join(more))
    if len(mine.stages) > 1:
        yield equivalent(113, _("It is built in several stages; the last one is the image."))
    if "STOPSIGNAL" in theirs.last.others and "STOPSIGNAL" not in mine.last.others:
        says = _("Python as process 1 ignores SIGTERM; with STOPSIGNAL SIGINT docker stop does not wait its full 10 s.")
        yield beyond(116, says, theirs.last.others["STOPSIGNAL"])
    if "HEALTHCHECK" in theirs.last.others and "HEALTHCHECK" not in mine.last.others:
        yield beyond(141, _("HEALTHCHECK tells when the database can be used."), theirs.last.others["HEALTHCHECK"])
