"""Area netplan: the DNS section, steps 1 and 2. PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.checks import netplan as netplans
from labcheck.checks.netplan_hints import mistake_in
from labcheck.checks.verdicts import fail, mismatch, there
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from labcheck.checks.netplan import Merged
    from labcheck.submission.submission import Submission
    from tests.rubric.conftest import Netplan

GENERATE = _("Run sudo netplan generate: it says the line and the column (step 2).")


@pytest.fixture(scope="module")
def merged(handed_in: Submission, netplan: Netplan) -> Merged:
    """The student's files and, where they have only the snippet, the installer's file beside it, merged."""
    return netplans.merged(_files(handed_in), netplan)


@pytest.mark.lab(step=2, area="netplan")
def test_files_are_valid(handed_in: Submission, merged: Merged) -> None:
    """`netplan generate` accepts the files of /etc/netplan."""
    assert not merged.error, mismatch(_("no error"), merged.error.strip(), _mistake(handed_in) or GENERATE)


@pytest.mark.lab(step=2, area="netplan")
@pytest.mark.needs("netplan.files_are_valid")
def test_interface_has_a_dns_server(handed_in: Submission, merged: Merged) -> None:
    """An interface gets a name server, 8.8.8.8 or another."""
    names = ", ".join(sorted(_files(handed_in)))
    assert merged.with_dns, mismatch(
        _("nameservers with addresses under an interface"),
        _("{interfaces} in {files}").format(interfaces=merged.interfaces or _("no interface"), files=names),
        _mistake(handed_in)
        or _("The file ends in .yaml, and nameservers stands under the interface, two spaces deeper (step 2)."),
    )


@pytest.mark.lab(step=2, area="netplan")
@pytest.mark.needs("netplan.files_are_valid", "netplan.interface_has_a_dns_server")
def test_dhcp_stays_on(merged: Merged) -> None:
    """The interface with the name server still gets its address by DHCP: the snippet adds, it takes nothing."""
    assert merged.with_address, mismatch(
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


def _files(handed_in: Submission) -> dict[str, bytes]:
    try:
        return netplans.files_of(there(handed_in.netplan))
    except StudentFileError as error:
        fail(_("files that netplan reads"), str(error), GENERATE)


def _mistake(handed_in: Submission) -> str:
    return mistake_in(_files(handed_in))
