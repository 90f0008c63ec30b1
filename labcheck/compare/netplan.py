"""The DNS section (lab steps 1 and 2), by what netplan's own generator makes of the files."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcheck.compare.model import Finding, Note, UnreadableError, differs, equivalent, finding, read_bytes
from labcheck.i18n import _
from labcheck.netplan_hints import mistake_in
from labcheck.verdicts import UngradableError

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        return [name for name, settings in self.interfaces.items() if any(map(_is_address, _servers(settings)))]

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
        UnreadableError: there are more, or longer ones, than anybody's netplan has.
    """
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _ENDINGS and path.is_file()]
    files = {path.name: read_bytes(path, _TEXT_LIMIT) for path in paths if path.name != "Dockerfile"}
    found = {name: content for name, content in files.items() if name.endswith(".yaml") or b"network:" in content}
    if len(found) > _FILES_LIMIT:
        raise UnreadableError(_("There are {count} files in the folder of netplan's.").format(count=len(found)))
    return found


def compare(folder: Path, reference: Path, merge: Merge) -> Finding:
    """Compare a student's files with the reference's.

    Raises:
        UnreadableError: there is too much of it.
        LabcheckError: the generator is not to be had.
    """
    files, theirs = files_of(folder), files_of(reference)
    if files == theirs:
        return finding("netplan", 2, [], identical=True)
    return finding("netplan", 2, _notes(files, theirs, merge))


def _notes(files: dict[str, bytes], theirs: dict[str, bytes], merge: Merge) -> Iterator[Note]:
    lines = (_texts(theirs), _texts(files))
    try:
        mine = merged(files, merge)
    except UngradableError as error:  # the generator's container lives, and stumbled over these files
        yield differs(2, _("netplan does not take these files: {reason}").format(reason=str(error)[-200:]), *lines)
        return
    wanted = merged(theirs, merge)
    if mine.error:
        said = mistake_in(files) or " ".join(mine.error.split()[:40])
        yield differs(2, _("netplan generate refuses the files: {reason}").format(reason=said), *lines)
    elif not mine.with_dns:
        says = _("No interface gets a name server: the file has to end in .yaml, and nameservers to hold an address.")
        yield differs(2, mistake_in(files) or says, *lines)
    elif not mine.with_address:
        says = _(
            "{name} gets a name server and no address: it has to be the interface that ip a shows (1), and dhcp4 stays "
            "as it was."
        )
        yield differs(2, says.format(name=mine.with_dns[0]), *lines)
    else:
        yield from _other_ways(mine, wanted, lines)


def _other_ways(mine: Merged, wanted: Merged, lines: tuple[str, str]) -> Iterator[Note]:
    name, other = wanted.with_dns[0], mine.with_address[0]
    servers = ([str(one) for one in _servers(of.interfaces[key])] for of, key in ((wanted, name), (mine, other)))
    theirs, own = (", ".join(addresses) for addresses in servers)
    if name != other:
        says = _("Another interface, {name}: right where ip a shows that one.")
        yield equivalent(1, says.format(name=other), name, other)
    if theirs != own:
        yield equivalent(2, _("Another name server: {servers}.").format(servers=own), theirs, own)
    if mine == wanted:
        yield equivalent(2, _("Written otherwise; netplan makes the same of it."), *lines)
    elif name == other and theirs == own:
        yield equivalent(2, _("More settings than the lab's, beside the same name server."), *lines)


def _interfaces(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: settings for kind in KINDS for name, settings in result["network"].get(kind, {}).items()}


def _installers_file(files: dict[str, bytes], result: dict[str, Any]) -> dict[str, bytes]:
    """Return the file that was there before the student's (step 2), if theirs adds to it and it was not handed in."""
    whole = any({"dhcp4", "dhcp6", "addresses"} & set(settings) for settings in _interfaces(result).values())
    if result["error"] or whole or INSTALLER in files:
        return {}
    network = {kind: {name: {"dhcp4": True} for name in result["network"].get(kind, {})} for kind in KINDS}
    return {INSTALLER: json.dumps({"network": {"version": 2, **network}}).encode()}  # JSON is YAML


def _texts(files: dict[str, bytes]) -> str:
    return "\n".join(f"# {name}\n{text.decode('utf-8', errors='replace').rstrip()}" for name, text in files.items())


def _servers(settings: dict[str, Any]) -> list[object]:
    return list((settings.get("nameservers") or {}).get("addresses") or [])


def _has_dhcp(settings: dict[str, Any]) -> bool:
    return bool(settings.get("dhcp4") or settings.get("dhcp6"))


def _is_address(text: object) -> bool:
    try:
        ipaddress.ip_address(str(text).partition("#")[0])
    except ValueError:
        return False
    return True
