"""A class as a CSV: `name,image[,path]`, and Moodle's number of the participant where a header names it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from labcheck import tables
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.plain import plain_line
from labcheck.roster.entries import LIMIT, Entry, Roster, too_many
from labcheck.roster.names import NAME_LIMIT, key_of, normalized
from labcheck.submission.image_names import name_in

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.tables import Row

# the words of a header in lower case
NAME_WORDS = {
    "student",
    "full name",
    "имя",
    "фио",
    "студент",
    "полное имя",
    "фамилия, имя",
    "фамилия имя",
    "имя фамилия",
}
PARTICIPANT_WORDS = {"id", "identifier", "participant id", "идентификатор", "участник", "номер участника"}
COLUMNS = {
    "name": NAME_WORDS,
    "image": {"docker image", "образ", "имя образа", "название образа"},
    "path": {"file", "folder", "путь", "файл", "папка", "работа"},
    "participant": PARTICIPANT_WORDS,
}
_PARTICIPANT = re.compile(r"(?:participant|участник)?\s*(\d{1,15})", re.IGNORECASE)
_IMAGE_LIMIT = 500  # characters: an address of Docker Hub is longer than a name


def read(path: Path) -> Roster:
    """Return the class that a CSV lists.

    The later line of one participant counts. Lines of one name without a participant's number are one student if they
    say the same, and namesakes if they do not.

    Raises:
        LabcheckError: it is no table, or lines are wrong; all of them are named.
    """
    table = tables.read(path, COLUMNS)
    rows = table.rows
    if len(rows) > LIMIT:
        raise too_many(path)
    if not rows:
        raise LabcheckError(_("{path} lists no students: a line is name,image or name,image,path.").format(path=path))
    if not {"image", "path"} & set(table.columns) or _looks_like_a_header(rows[0]):
        said = _("{path}: no column says what is handed in: call the columns name, image and path, in the first line.")
        raise LabcheckError(said.format(path=path))
    wrong: list[str] = []
    listed: dict[str, Entry] = {}
    for row in rows:
        try:
            entry = _entry(row, path.parent)
        except LabcheckError as error:
            wrong.append(_("{name}, line {line}: {problem}").format(name=path.name, line=row.line, problem=error))
            continue
        _add(entry, listed)
    if wrong:
        raise LabcheckError("\n".join(wrong))
    unknown = ", ".join(plain_line(word, NAME_LIMIT) for word in table.unknown)
    left = [_("Left aside, being columns that we do not know: {names}.").format(names=unknown)] if unknown else []
    return Roster(tuple(sorted(listed.values(), key=lambda entry: (normalized(entry.name), entry.key))), tuple(left))


def participant_in(cell: str) -> str | None:
    """Return the number in a cell that holds it alone or as Moodle's worksheet has it: `Participant 1234567`."""
    number = _PARTICIPANT.fullmatch(cell)
    return number[1] if number else None


def _looks_like_a_header(row: Row) -> bool:
    """Tell whether a first line, whose words we do not know, is one: no image is called by a word that is not Latin."""
    return bool(row["image"]) and not row["image"].isascii() and name_in(row["image"]) is None


def _entry(row: Row, folder: Path) -> Entry:
    """Return the entry of a row; its key is not yet made.

    Raises:
        LabcheckError: what is wrong with it.
    """
    name = plain_line(row["name"], NAME_LIMIT)
    if not name:
        raise LabcheckError(_("the name is missing."))
    image = plain_line(row["image"], _IMAGE_LIMIT) or None
    path = _inside(folder, row["path"]) if row["path"] else None
    return Entry("", name, participant_in(row["participant"]), path, image)


def _inside(folder: Path, cell: str) -> Path:
    """Return the path that a cell means.

    Raises:
        LabcheckError: it is none below the folder of the CSV.
    """
    try:
        path = (folder / cell.replace("\\", "/")).resolve()  # as Windows writes it
        exists = path.exists()
    except (OSError, ValueError, RuntimeError):  # too long, NUL, links in a circle
        exists = False
    shown = plain_line(cell, NAME_LIMIT)
    if exists and not path.is_relative_to(folder.resolve()):
        raise LabcheckError(_("{path} leads out of the folder of the list.").format(path=shown))
    if not exists:
        raise LabcheckError(_("there is no {path}.").format(path=shown))
    return path


def _add(entry: Entry, listed: dict[str, Entry]) -> None:
    """Take in the entry of a later line."""
    if entry.participant:
        identity = f"id {entry.participant}"
        earlier = listed.get(identity)
        if earlier and (earlier.path, earlier.image) != (entry.path, entry.image):
            left = earlier.image or (earlier.path.name if earlier.path else _("nothing"))
            said = _("Listed more than once: the last line counts, {left} is left aside.").format(left=left)
            entry = replace(entry, said=(*earlier.said, said))
    else:
        name = normalized(entry.name)
        identity, number = f"name {name}", 1
        while identity in listed and (listed[identity].path, listed[identity].image) != (entry.path, entry.image):
            number += 1
            identity = f"name {name} {number}"
        if number > 1:
            said = _("Another line has the same name: taken for a namesake.")
            entry = replace(entry, said=(said,))
    listed[identity] = replace(entry, key=key_of(entry.name, identity))
