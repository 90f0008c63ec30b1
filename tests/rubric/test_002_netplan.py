"""Area netplan: the DNS section, steps 1 and 2. PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from labcheck import netplan_hints
from labcheck.i18n import _
from labcheck.verdicts import mismatch, there

if TYPE_CHECKING:
    from labcheck.submission import Submission
    from tests.rubric.conftest import Netplan

INSTALLER = "00-installer-config.yaml"
KINDS = ("ethernets", "wifis", "bonds", "bridges", "vlans")
GENERATE = _("Run sudo netplan generate: it says the line and the column (step 2).")


@dataclass(frozen=True)
class Merged:
    """What netplan makes of the files together: its error, or the settings of each interface; the mistake in words."""

    error: str
    mistake: str
    interfaces: dict[str, dict[str, Any]]

    @property
    def with_dns(self) -> list[str]:
        """The interfaces that get a name server which is an address."""
        return [name for name, settings in self.interfaces.items() if any(map(_is_address, _servers(settings)))]


@pytest.fixture(scope="module")
def merged(handed_in: Submission, netplan: Netplan) -> Merged:
    """The student's files and, where they have only the snippet, the installer's file beside it, merged."""
    files = _files(handed_in)
    result = netplan(files)
    before = _installers_file(files, result)
    if before:
        result = netplan(before | files)
    return Merged(result["error"], netplan_hints.mistake_in(files), _interfaces(result))


@pytest.mark.lab(step=2, area="netplan")
def test_files_are_valid(merged: Merged) -> None:
    """`netplan generate` accepts the files of /etc/netplan."""
    assert not merged.error, mismatch(_("no error"), merged.error.strip(), merged.mistake or GENERATE)


@pytest.mark.lab(step=2, area="netplan")
@pytest.mark.needs("netplan.files_are_valid")
def test_interface_has_a_dns_server(handed_in: Submission, merged: Merged) -> None:
    """An interface gets a name server, 8.8.8.8 or another."""
    names = ", ".join(sorted(_files(handed_in)))
    assert merged.with_dns, mismatch(
        _("nameservers with addresses under an interface"),
        _("{interfaces} in {files}").format(interfaces=merged.interfaces or _("no interface"), files=names),
        merged.mistake
        or _("The file ends in .yaml, and nameservers stands under the interface, two spaces deeper (step 2)."),
    )


@pytest.mark.lab(step=2, area="netplan")
@pytest.mark.needs("netplan.files_are_valid", "netplan.interface_has_a_dns_server")
def test_dhcp_stays_on(merged: Merged) -> None:
    """The interface with the name server still gets its address by DHCP: the snippet adds, it takes nothing."""
    served = {name: merged.interfaces[name] for name in merged.with_dns}
    right = [name for name, settings in served.items() if _has_dhcp(settings) or "addresses" in settings]
    assert right, mismatch(
        _("dhcp4: true and nameservers on one interface"),
        merged.interfaces,
        _("Use the name that ip a shows, in both files, and leave dhcp4 as it was (steps 1, 2)."),
    )


@pytest.mark.lab(step=2, area="netplan")
@pytest.mark.reference
def test_snippet_adds_googles_server(handed_in: Submission, netplan: Netplan) -> None:
    """The reference's two files give enp0s3 DHCP as before, and 8.8.8.8; without the snippet there is no server."""
    both = netplan(_files(handed_in))["network"]["ethernets"]["enp0s3"]
    files = {name: text for name, text in _files(handed_in).items() if name != "01-dns.yaml"}
    before = netplan(files)["network"]["ethernets"]["enp0s3"]
    hint = _("00-installer-config.yaml and 01-dns.yaml, as step 2 has them.")
    expected = ({"dhcp4": True}, {"dhcp4": True, "nameservers": {"addresses": ["8.8.8.8"]}})
    assert (before, both) == expected, mismatch(expected, (before, both), hint)


def _interfaces(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: settings for kind in KINDS for name, settings in result["network"].get(kind, {}).items()}


def _installers_file(files: dict[str, bytes], result: dict[str, Any]) -> dict[str, bytes]:
    """Return the file that was there before the student's (step 2), if theirs adds to it and it was not handed in."""
    whole = any({"dhcp4", "dhcp6", "addresses"} & set(settings) for settings in _interfaces(result).values())
    if result["error"] or whole or INSTALLER in files:
        return {}
    network = {kind: {name: {"dhcp4": True} for name in result["network"].get(kind, {})} for kind in KINDS}
    return {INSTALLER: json.dumps({"network": {"version": 2, **network}}).encode()}  # JSON is YAML


def _files(handed_in: Submission) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in there(handed_in.netplan).iterdir() if path.is_file()}


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
