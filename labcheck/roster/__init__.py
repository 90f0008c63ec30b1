"""Who is in a class and what each handed in: a folder with one entry a student, or a CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.roster import folder, listing
from labcheck.roster.digests import digest
from labcheck.roster.entries import Entry, Roster, gathered
from labcheck.roster.names import key_of, normalized
from labcheck.submission import kinds
from labcheck.submission.kinds import Kind

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Entry", "Roster", "digest", "gathered", "key_of", "normalized", "read"]


def read(path: Path) -> Roster:
    """Return the class that a folder or a CSV holds.

    A folder has one entry a student: a folder, an archive or a report, called as Moodle ("Download all submissions",
    in folders or not), GitHub Classroom and classroom50 (clones) or people call them. Of what one student handed in
    more than once the newest counts, by the times of the files. A CSV has the columns `name,image[,path]`, and may have
    `participant`; its paths begin at its own folder.

    Raises:
        LabcheckError: it is neither, or lines of the CSV are wrong; then all of them are named.
    """
    if path.is_dir():
        return folder.read(path)
    if not path.exists():
        raise LabcheckError(_("There is no {path}.").format(path=path))
    if kinds.kind_of(path) in {Kind.CSV, Kind.TEXT}:
        return listing.read(path)
    if kinds.kind_of(path) in kinds.ARCHIVES:
        raise LabcheckError(_("{path} is an archive: unpack it, and name the folder instead.").format(path=path))
    raise LabcheckError(
        _("{path} is neither a folder with one entry a student nor a CSV of name,image[,path].").format(path=path)
    )
