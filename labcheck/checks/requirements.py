"""requirements.txt as pip reads it, and what is installed in an image, without running the student's pip."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from labcheck.encodings import marked
from labcheck.submission import student_file

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.checks.testbed import LabContainer

INSTALLER = {"pip", "setuptools", "wheel"}  # an image of Python brings them itself
# what Ubuntu's own Python packages are called in pip freeze outside an environment (step 106 forgotten)
SYSTEM_PACKAGES = {
    *("apturl", "brlapi", "cloud-init", "command-not-found", "cupshelpers", "dbus-python", "defer", "distro-info"),
    *("language-selector", "louis", "macaroonbakery", "pycups", "pygobject", "python-apt", "python-debian", "pyyaml"),
    *("screen-resolution-extra", "sos", "ssh-import-id", "systemd-python", "ubuntu-advantage-tools", "ubuntu-drivers"),
    *("ubuntu-drivers-common", "ubuntu-pro-client", "ufw", "unattended-upgrades", "usb-creator", "xdg", "xkit"),
}
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"\s+--[\w-]+[= ].*$")  # --hash and the like after a requirement
_LIST = """
import importlib.metadata as m, json, os, platform as p, sys
print(json.dumps({
    "environment": {
        "implementation_name": sys.implementation.name, "implementation_version": p.python_version(),
        "os_name": os.name, "platform_machine": p.machine(), "platform_release": p.release(),
        "platform_system": p.system(), "platform_version": p.version(), "python_full_version": p.python_version(),
        "platform_python_implementation": p.python_implementation(),
        "python_version": ".".join(p.python_version_tuple()[:2]), "sys_platform": sys.platform},
    "packages": [[d.metadata["Name"], d.version, d.requires or []] for d in m.distributions()]}))
"""


@dataclass(frozen=True)
class Line:
    """One requirement as it stands in the file; `requirement` is None for what pip would not read as one."""

    text: str
    requirement: Requirement | None

    @property
    def name(self) -> str:
        """The package's name in its canonical form, empty where there is none."""
        return canonicalize_name(self.requirement.name) if self.requirement else ""

    @property
    def is_pinned(self) -> bool:
        """Whether one version alone fits."""
        if not self.requirement:
            return False
        exact = [s for s in self.requirement.specifier if s.operator in {"==", "==="} and "*" not in s.version]
        return bool(exact or self.requirement.url)


@dataclass(frozen=True)
class Installed:
    """What an image's Python has: by canonical name the version and what it needs there; `environment` for markers."""

    versions: dict[str, str]
    needs: dict[str, list[Requirement]]
    environment: dict[str, str]

    def needed(self, name: str, extras: set[str]) -> list[Requirement]:
        """Return what a package needs in that image, with the extras asked for."""
        return [
            need
            for need in self.needs.get(name, [])
            if not need.marker
            or any(need.marker.evaluate({**self.environment, "extra": extra}) for extra in extras or {""})
        ]

    def unlisted(self, lines: list[Line]) -> dict[str, str]:
        """Return each package that the listed ones need and the list does not name, with the package that needs it."""
        listed = {line.name for line in lines} | INSTALLER
        return {
            canonicalize_name(need.name): line.name
            for line in lines
            if line.requirement
            for need in self.needed(line.name, line.requirement.extras | {""})
            if canonicalize_name(need.name) not in listed
        }

    def conflicts(self) -> list[str]:
        """Return what `pip check` would complain about: a need that is not there, or not in that version."""
        found = []
        for name in self.versions:
            for need in self.needed(name, {""}):
                version = self.versions.get(canonicalize_name(need.name))
                if version is None:
                    found.append(f"{name} needs {need.name}, which is not installed")
                elif not need.specifier.contains(version, prereleases=True):
                    found.append(f"{name} needs {need.name}{need.specifier}, but {version} is installed")
        return found


def is_of_the_system(requirement: str) -> bool:
    """Tell whether a line such as `python-apt==2.4.0` names a package that Ubuntu installs, and pip does not have."""
    return canonicalize_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) in SYSTEM_PACKAGES


def read(path: Path) -> list[Line]:
    """Return the requirements of a file, in any encoding that pip reads.

    Raises:
        ValueError: pip could not decode it either. LookupError: it names an encoding that does not exist.
        StudentFileError: it cannot be opened, or is longer than anybody's.
    """
    text = _decode(student_file.read_bytes(path)).replace("\\\r\n", " ").replace("\\\n", " ")
    lines = [_COMMENT.sub("", line).strip() for line in text.splitlines()]
    return [_line(line) for line in lines if line and not line.startswith("-")]


def installed(container: LabContainer) -> Installed:
    """Return what the Python of a running container has installed."""
    data = json.loads(container.inside("python", "-B", "-c", _LIST)[1])
    names = {canonicalize_name(name): (version, needs) for name, version, needs in data["packages"]}
    return Installed(
        {name: version for name, (version, _needs) in names.items()},
        {name: [Requirement(need) for need in needs] for name, (_version, needs) in names.items()},
        data["environment"],
    )


def _decode(data: bytes) -> str:
    """Decode as pip does (pip/_internal/utils/encoding.py): by the mark, then the line "coding", then UTF-8."""
    encoding, data = marked(data)
    if encoding:
        return data.decode(encoding)
    for line in data.splitlines()[:2]:
        coding = _CODING.search(line)
        if line.startswith(b"#") and coding:
            return data.decode(coding[1].decode("ascii"))
    return data.decode("utf-8")


def _line(text: str) -> Line:
    try:
        return Line(text, Requirement(_OPTION.sub("", text)))
    except InvalidRequirement:
        return Line(text, None)
