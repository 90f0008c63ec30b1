"""What netplan makes of a student's files (lab steps 1 and 2): by its own generator, see `netplan_generator`."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

Merge = Callable[[dict[str, bytes]], dict[str, Any]]  # what `netplan_generator.generator.merge` does
INSTALLER = "00-installer-config.yaml"
KINDS = ("ethernets", "wifis", "bonds", "bridges", "vlans")
_ENDINGS = {".yaml", ".yml", ".txt", ""}
_TEXT_LIMIT, _FILES_LIMIT = 20_000, 20  # bytes, files


@dataclass(frozen=True)
class Merged:
    """What netplan makes of the files together: its error, or the settings of each interface."""

    error: str
    interfaces: dict[str, dict[str, Any]]

    @property
    def with_dns(self) -> list[str]:
        """The interfaces that get a name server which is an address."""
        return [name for name, settings in self.interfaces.items() if any(map(is_address, servers(settings)))]

    @property
    def with_address(self) -> list[str]:
        """Those of them that still get an address."""
        return [
            name for name in self.with_dns if _has_dhcp(self.interfaces[name]) or "addresses" in self.interfaces[name]
        ]


def merged(files: dict[str, bytes], merge: Merge) -> Merged:
    """Return what netplan makes of the files and, where they are the snippet alone, the installer's file beside it."""
    result = merge(files)
    before = _installers_file(files, result)
    if before:
        result = merge(before | files)
    return Merged(result["error"], _interfaces(result))


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder that are netplan's, whatever their ending: a wrong one is the student's mistake.

    Raises:
        StudentFileError: there are more, or longer ones, than anybody's netplan has.
    """
    found = [path for path in sorted(folder.iterdir()) if _is_netplans(path)]
    if len(found) > _FILES_LIMIT:
        raise StudentFileError(_("There are {count} files in the folder of netplan's.").format(count=len(found)))
    return {path.name: read_bytes(path, _TEXT_LIMIT) for path in found}


def _is_netplans(path: Path) -> bool:
    """Tell by its ending or its content; what is long has to have both, as reports quote the lab."""
    if path.suffix.lower() not in _ENDINGS or path.name == "Dockerfile" or path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        content = file.read(_TEXT_LIMIT + 1)
    signs = (path.suffix == ".yaml", b"network:" in content)
    return all(signs) if len(content) > _TEXT_LIMIT else any(signs)


def _interfaces(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: settings for kind in KINDS for name, settings in result["network"].get(kind, {}).items()}


def _installers_file(files: dict[str, bytes], result: dict[str, Any]) -> dict[str, bytes]:
    """Return the file that was there before the student's (step 2), if theirs adds to it and it was not handed in."""
    whole = any({"dhcp4", "dhcp6", "addresses"} & set(settings) for settings in _interfaces(result).values())
    if result["error"] or whole or INSTALLER in files:
        return {}
    network = {kind: {name: {"dhcp4": True} for name in result["network"].get(kind, {})} for kind in KINDS}
    return {INSTALLER: json.dumps({"network": {"version": 2, **network}}).encode()}  # JSON is YAML


def servers(settings: dict[str, Any]) -> list[object]:
    """Return the name servers of an interface's settings."""
    return list((settings.get("nameservers") or {}).get("addresses") or [])


def is_address(text: object) -> bool:
    """Tell whether a name server is given by its address, which may have a name behind it: 8.8.8.8#dns.google."""
    try:
        ipaddress.ip_address(str(text).partition("#")[0])
    except ValueError:
        return False
    return True


def _has_dhcp(settings: dict[str, Any]) -> bool:
    return bool(settings.get("dhcp4") or settings.get("dhcp6"))
