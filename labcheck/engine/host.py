"""What this machine's own configuration says: distribution, Debian's mirrors, pip's settings, disk."""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import NamedTuple

from labcheck.errors import LabcheckError
from labcheck.i18n import _

_COMMAND_SECONDS = 60
_installing = threading.Lock()
# only what is right inside a container too: a path of this host is not
_PIP_SETTINGS = {"index-url", "extra-index-url", "trusted-host", "timeout", "default-timeout", "retries"}
_LOCAL_CERTIFICATES = Path("/usr/local/share/ca-certificates")


class Mirrors(NamedTuple):
    """Where this host's apt gets Debian from; `security` is empty where the host has none."""

    main: str
    security: str


def is_root() -> bool:
    """Tell whether we may install packages and start services."""
    return os.geteuid() == 0


def is_debian_family() -> bool:
    """Tell whether this is Debian or a child of it (Ubuntu), whose packages apt-get installs."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return "debian" in {release.get("ID", ""), *release.get("ID_LIKE", "").split()}


def require(what: str, package: str) -> None:
    """Make sure that a command or a file is there: install Debian's `package` where we may, else say what to type.

    Raises:
        LabcheckError: it is missing and could not be installed.
    """
    with _installing:  # two roots are built side by side, and apt-get suffers no other beside it
        if shutil.which(what) or Path(what).is_file():
            return
        if not (is_root() and is_debian_family()):
            raise LabcheckError(
                _("{what} is missing. Install it: sudo apt-get install {package}").format(what=what, package=package)
            )
        apt_install(package)


def apt_install(*packages: str, seconds: float = 900) -> None:
    """Install Debian packages without questions.

    Raises:
        LabcheckError: apt-get failed; its own last error line is in the message.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "--quiet", "--error-on=any"], install):
        try:
            done = subprocess.run(  # noqa: S603 - fixed words and package names of ours
                command, env=environment, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise LabcheckError(
                _("{command} did not end within {seconds:.0f} s. Is the package mirror in reach?").format(
                    command=" ".join(command), seconds=seconds
                )
            ) from error
        if command == install and done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()
            raise LabcheckError(
                _("{command} failed: {reason} Check the network and this machine's apt sources.").format(
                    command=" ".join(command), reason=lines[-1] if lines else done.returncode
                )
            )


@cache
def debian_mirrors() -> Mirrors:
    """Return the mirrors of Debian that this host's apt is set to, or `DEBIAN_MIRROR` from the environment.

    Raises:
        LabcheckError: there is none (Ubuntu's archive does not hold Debian's suites).
    """
    chosen = os.environ.get("DEBIAN_MIRROR", "")
    if chosen:
        return Mirrors(chosen, os.environ.get("DEBIAN_SECURITY_MIRROR", ""))
    main = security = ""
    for line in _output(["apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(REPO_URI)"]).splitlines():
        origin, _space, rest = line.partition(" ")
        release, _space, uri = rest.partition(" ")
        if not uri.startswith(("http://", "https://")) or origin not in {"Debian", ""}:
            continue
        if release.endswith("-security") and "security" in uri:
            security = security or uri
        elif origin == "Debian" or _is_plain_debian():
            main = main or uri
    if not main:
        raise LabcheckError(
            _(
                "Stand-in images are built from Debian's packages, and this machine's apt knows no mirror of Debian. "
                "Name one: DEBIAN_MIRROR=http://… make build-all; or name a registry: HUB=… make build-all."
            )
        )
    return Mirrors(main, security)


@cache
def pip_settings() -> dict[str, str]:
    """Return those of this host's pip settings that hold in a container too (indexes, trusted hosts, patience)."""
    settings = {}
    for line in _output([sys.executable, "-m", "pip", "config", "list"]).splitlines():
        key, equals, value = line.partition("=")
        name = key.rpartition(".")[2]
        if equals and name in _PIP_SETTINGS:
            text = " ".join(part for part in str(ast.literal_eval(value)).split() if not part.startswith("file:"))
            if text:
                settings[name] = text
    return settings


def local_certificates_digest() -> str:
    """Return a digest of the authorities that this host's administrator added (a proxy's, a company's)."""
    digest = hashlib.sha256()
    for path in sorted(_LOCAL_CERTIFICATES.rglob("*.crt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def free_bytes(directory: str) -> int | None:
    """Return the free bytes of the file system that holds `directory`, None where it is not on this machine."""
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return None


def _is_plain_debian() -> bool:
    return platform.freedesktop_os_release().get("ID") == "debian"


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(  # noqa: S603 - fixed words
            command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise LabcheckError(
            _("The command {command} failed: {reason}").format(command=" ".join(command), reason=error)
        ) from error
