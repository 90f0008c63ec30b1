"""The DNS section (lab steps 1 and 2), compared by what netplan's own generator makes of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labcheck.checks.netplan import Merged, files_of, merged, servers
from labcheck.checks.netplan_hints import mistake_in
from labcheck.checks.verdicts import UngradableError
from labcheck.compare.model import Finding, Note, differs, equivalent, finding
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labcheck.checks.netplan import Merge


def compare(folder: Path, reference: Path, merge: Merge) -> Finding:
    """Compare a student's files with the reference's.

    Raises:
        StudentFileError: there is too much of it.
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
    theirs, own = _listed(wanted.interfaces[name]), _listed(mine.interfaces[other])
    if name != other:
        says = _("Another interface, {name}: right where ip a shows that one.")
        yield equivalent(1, says.format(name=other), name, other)
    if theirs != own:
        yield equivalent(2, _("Another name server: {servers}.").format(servers=own), theirs, own)
    if mine == wanted:
        yield equivalent(2, _("Written otherwise; netplan makes the same of it."), *lines)
    elif name == other and theirs == own:
        yield equivalent(2, _("More settings than the lab's, beside the same name server."), *lines)


def _listed(settings: dict[str, Any]) -> str:
    return ", ".join(map(str, servers(settings)))


def _texts(files: dict[str, bytes]) -> str:
    return "\n".join(f"# {name}\n{text.decode('utf-8', errors='replace').rstrip()}" for name, text in files.items())
