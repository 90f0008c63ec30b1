"""requirements.txt (lab steps 106, 111, 134), by the pins that pip reads in it."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labcheck.checks import requirements
from labcheck.checks.requirements import INSTALLER, SYSTEM_PACKAGES, Line
from labcheck.compare.model import MISSING, Finding, Note, beyond, differs, equivalent, finding
from labcheck.i18n import _
from labcheck.submission.student_file import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RECENT = {"blinker"}  # Flask needs it since 2.3
FLASK, CONNECTOR, OLD_CONNECTOR = "flask", "mysql-connector-python", "mysql-connector"
SERVER = "pyuwsgi"  # the reference's, for many clients at once
TEXT_LIMIT = 20_000  # bytes: ten times what a system's own packages come to
_SHOWN = 5


def compare(artefact: str, file: Path | None, reference: Path, *, keeper: bool = False) -> Finding:
    """Compare a student's list with the reference's; `keeper` tells that the list is var_keeper's own.

    Raises:
        StudentFileError: it cannot be opened, or is too long.
    """
    step = 134 if keeper else 111
    if file is None:
        says = _("There is no requirements.txt: pip at 114 does not find it.")
        return Finding(artefact, MISSING, step, says)
    raw = read_bytes(file, TEXT_LIMIT)
    try:
        lines = requirements.read(file)
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        says = _("pip cannot read it ({reason}): save it as UTF-8.").format(reason=error)
        return finding(artefact, step, [differs(step, says)])
    theirs = requirements.read(reference.resolve())
    notes = [*_mistakes(lines, theirs, keeper=keeper), *_other_ways(lines, theirs, keeper=keeper)]
    return finding(artefact, step, notes, identical=raw == reference.read_bytes())


def _mistakes(lines: list[Line], theirs: list[Line], *, keeper: bool) -> Iterator[Note]:
    names = [line.name for line in lines]
    system = [line.text for line in lines if line.name in SYSTEM_PACKAGES]
    if system:
        says = _(
            "{count} packages, {system} of them Ubuntu's: the environment was not activated (106); the build at 114 "
            "fails."
        )
        yield differs(106, says.format(count=len(lines), system=len(system)), _texts(theirs), "\n".join(system))
    bug = [line.text for line in lines if line.name == "pkg-resources"]
    if bug:
        says = _("The line {line} is to be removed: pip finds no such package, and the build at 114 fails.")
        yield differs(111, says.format(line=bug[0]), "", bug[0])
    if FLASK not in names:
        says = _("The list is empty: no module named flask at 116.") if not lines else _("Flask is not in the list.")
        yield differs(111, says, _texts(theirs), _texts(lines))
    strange = [line.text for line in lines if line.requirement is None]
    if strange:
        says = _("pip does not understand the line {line}, and the build at 114 fails.")
        yield differs(111, says.format(line=strange[0]), "", "\n".join(strange))
    twice = [line.text for line in lines if line.name and names.count(line.name) > 1]
    if len(set(twice)) > len({line.name for line in lines if line.text in twice}):
        says = _("One package in two versions: pip refuses, and the build at 114 fails.")
        yield differs(111, says, "", "\n".join(twice))
    loose = [line.text for line in lines if line.requirement and not line.is_pinned]
    if loose:
        says = _("Without exact versions the image differs from one day to the next.")
        yield differs(111, says, _texts(theirs), "\n".join(loose))
    yield from _needs(lines, theirs)
    if OLD_CONNECTOR in names:
        says = _("mysql-connector is a package of 2017: it does not know how MySQL asks for the password at 141.")
        yield differs(134, says, CONNECTOR, OLD_CONNECTOR)
    elif keeper and CONNECTOR not in names:
        says = _("The connector is not in the list: no module named mysql at 141.")
        yield differs(134, says, CONNECTOR, _texts(lines))


def _needs(lines: list[Line], theirs: list[Line]) -> Iterator[Note]:
    """Yield what the listed packages need and do not get, as far as the reference's versions of them tell."""
    listed = {line.name: line for line in lines if line.requirement}
    lacking, unfit = {}, []
    for line in theirs:
        if line.name not in listed:
            continue
        same = _version(listed[line.name]) == _version(line)
        for need in _needed(line.name):
            name = canonicalize_name(need.name)
            if name not in listed and name not in INSTALLER and (same or name not in _RECENT):
                lacking[name] = line.name
            elif same and name in listed:
                version = _version(listed[name])
                if version and not need.specifier.contains(version, prereleases=True):
                    unfit.append(f"{line.text}: {need}, {listed[name].text}")
    if lacking:
        says = _("Not listed, and needed: {names}. pip takes whatever version is newest; pip freeze lists them all.")
        yield differs(111, says.format(names=_some(list(lacking))), _texts(theirs), _texts(lines))
    if unfit:
        says = _("The versions do not fit together: {which}.").format(which=unfit[0])
        yield differs(111, says, _texts(theirs), _texts(lines))


def _needed(name: str) -> list[Requirement]:
    try:
        needs = [Requirement(text) for text in metadata.requires(name) or []]
    except metadata.PackageNotFoundError:  # of the keeper's alone, which is installed in its image only
        return []
    # a Python that is old enough needs more: what every one needs is enough to tell a list that is not whole
    return [need for need in needs if not need.marker]


def _other_ways(lines: list[Line], theirs: list[Line], *, keeper: bool) -> Iterator[Note]:
    pins = {line.name: _version(line) for line in lines}
    wanted = {line.name: _version(line) for line in theirs}
    other = [line.text for line in lines if line.name in wanted and _version(line) not in {wanted[line.name], ""}]
    if other:
        reference = "\n".join(line.text for line in theirs if pins.get(line.name) not in {wanted[line.name], None})
        says = _("Other versions, as pip froze them on that day: {names}.").format(names=_some(other))
        yield equivalent(111, says, reference, "\n".join(other))
    more = [line.text for line in lines if line.name not in wanted]
    if more:
        says = _("More packages than the app needs: {names}.").format(names=_some(more))
        if {line.name for line in lines if line.name not in wanted} <= {CONNECTOR, SERVER}:
            says = _("It also lists what var_keeper needs, and what the lab installs in the container (134).")
        yield equivalent(134 if keeper else 111, says, "", "\n".join(more))
    server = [line.text for line in theirs if line.name == SERVER and line.name not in pins]
    if keeper and server:
        yield beyond(134, _("A server that many clients can use at once."), server[0])


def _version(line: Line) -> str:
    exact = [one.version for one in line.requirement.specifier if one.operator == "=="] if line.requirement else []
    return exact[0] if len(exact) == 1 and "*" not in exact[0] else ""


def _texts(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
