"""Why a build failed: whose fault it is, and what a student should do about it.

What our side lacks (a registry, a builder, disk space) is ungradable. So is, on a stand-in for the Python that was
asked for, a package that does not fit the Python that is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labcheck.checks import requirements
from labcheck.checks.verdicts import Mismatch, UngradableError
from labcheck.i18n import _
from labcheck.images import buildkit
from labcheck.machine.container import DISK_MB

if TYPE_CHECKING:
    from labcheck.errors import BuildError

_LAST_LINES = 8
_NOISE = re.compile(r"\s*(?:\[notice\]|---> |[━╸╺ ]+ [\d.]+/)")  # pip's and the builder's, beside what went wrong

_OUT_OF_REACH = re.compile(
    r"temporary failure in name resolution|name or service not known|failed to establish a new connection|"
    r"connection (?:timed out|reset by peer)|read timed out|certificate_verify_failed|temporary error.*fetching",
    re.IGNORECASE,
)
# the command that failed, in the words of the classic builder or of BuildKit, and what fetches packages
_COMMAND = re.compile(r"command '(.*)' returned a non-zero code|process \"(.*)\" did not complete", re.DOTALL)
_FETCHES = re.compile(r"\b(?:pip[\d.]*|apt|apt-get|apk)\b[^;&|]*\b(?:install|download|wheel|update|upgrade|add)\b")
# what apt and apk say besides where no name is known; elsewhere the name may be a student's slip
_NAME_UNKNOWN = re.compile(r"could not resolve|temporary failure resolving|dns(?: lookup)? error|dns: ", re.IGNORECASE)
_BUILDKIT_ONLY = re.compile(
    r"requires? buildkit|the --(?:mount|chmod|link|parents|network|security) option|<<", re.IGNORECASE
)
_NO_MATCH = re.compile(r"No matching distribution found for (\S+)")
_NO_LIST = re.compile(r"could not open requirements file: .*'(\S+)'", re.IGNORECASE)
_OTHER_PYTHON = re.compile(r"require a different python version: (.+)", re.IGNORECASE)
_NO_WHEEL = re.compile(
    r"failed building wheel|requires a different python|error: metadata-generation-failed", re.IGNORECASE
)


def explain(error: BuildError, *, stand_in: bool, bundle: bool = False) -> Mismatch:
    """Return what to tell the student; `stand_in` and `bundle` say where the base image is from.

    Raises:
        UngradableError: it is not the student's fault.
    """
    said = f"{error.log}\n{error.reason}"
    _not_the_students(error, said, stand_in=stand_in, bundle=bundle)
    lines = [line for line in said.splitlines() if line.strip() and not _NOISE.match(line)]
    last = "\n".join(lines[-_LAST_LINES:])
    return Mismatch(_("the image is built"), last, _hint(error, said))


def _not_the_students(error: BuildError, said: str, *, stand_in: bool, bundle: bool) -> None:
    if "no space left on device" in said.lower() and not buildkit.is_available():
        raise UngradableError(_("The engine's disk is full: {reason}").format(reason=error.reason))
    is_silent = _OUT_OF_REACH.search(said) or (bundle and _NAME_UNKNOWN.search(said))
    command = _COMMAND.search(error.reason)
    if is_silent and (not command or _FETCHES.search(command[0])):
        raise UngradableError(_("A package registry is out of reach: {reason}").format(reason=error.reason))
    if _BUILDKIT_ONLY.search(error.reason):
        raise UngradableError(
            _("The Dockerfile needs BuildKit, which cannot be used here: {reason}").format(reason=error.reason)
        )
    missing, other = _NO_MATCH.search(said), _OTHER_PYTHON.search(said)
    if missing and bundle and not _is_no_package(missing[1]):
        raise UngradableError(
            _(
                "The bundle that was loaded here has no wheel of {package} for this image. Pack one that has what the "
                "class asks for (make bundle CLASS=…), or grade where pip's index is in reach."
            ).format(package=missing[1])
        )
    version = missing[1].rpartition("=")[2] if missing else ""
    if stand_in and ((other and version and version in re.split(r"[\s;]+", other[1])) or _NO_WHEEL.search(said)):
        raise UngradableError(
            _("A package does not fit the Python of the stand-in: {reason}").format(
                reason=missing[0] if missing else said
            )
        )


def _hint(error: BuildError, said: str) -> str:
    if "no space left on device" in said.lower():  # of the lab machine's disk, which nobody else uses
        return _("The build fills a disk of {size} GB: the lab's image has one at most.").format(size=DISK_MB // 1000)
    missing = _NO_MATCH.search(said)
    if missing:
        return _package_hint(missing[1])
    reason = error.reason.lower()
    if "copy failed" in reason or "add failed" in reason or "failed to calculate checksum" in reason:
        return _(
            "COPY names a file that is not in the build context, or that .dockerignore keeps out (steps 113, 123)."
        )
    if "unknown instruction" in reason or "parse error" in reason:
        return _("Docker does not understand the Dockerfile: compare it with step 113, line by line.")
    unread = _NO_LIST.search(said)
    if unread:
        return _unread_hint(unread[1])
    return _("Run docker build yourself and read its last lines (step 114).")


def _unread_hint(name: str) -> str:
    if name.endswith("requirements.txt"):
        return _("requirements.txt is not where pip looks for it: WORKDIR and COPY come before RUN (step 113).")
    return _(
        "pip is told to read {name}, which is not there: the lab's file is called requirements.txt (step 113)."
    ).format(name=name)


def _is_no_package(requirement: str) -> bool:
    """Tell whether no index has it: then it is the student's, wherever it is graded."""
    return _is_pkg_resources(requirement) or requirements.is_of_the_system(requirement)


def _is_pkg_resources(requirement: str) -> bool:
    return requirement.lower().replace("_", "-").startswith("pkg-resources")


def _package_hint(package: str) -> str:
    if _is_pkg_resources(package):
        return _("Remove the line pkg-resources==0.0.0 from requirements.txt (step 111).")
    if requirements.is_of_the_system(package):
        return _(
            "{package} is a package of Ubuntu's own: the environment was not activated when pip freeze ran "
            "(steps 106, 111)."
        ).format(package=package)
    return _(
        "There is no {package}: run pip freeze inside the activated environment, or correct the line (steps 106, 111)."
    ).format(package=package)
