"""What a comparison says: a finding an artefact, made of notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

SAME, EQUIVALENT, DIFFERS, MISSING = "same", "equivalent", "differs", "missing"
UNKNOWN = "unknown"  # our side could not compare it


@dataclass(frozen=True)
class Note:
    """One thing that is not as in the reference: `says` is what it leads to, or why it comes to the same.

    `beyond`: the reference does more than the lab asks for, and `says` is advice.
    """

    verdict: str  # EQUIVALENT or DIFFERS
    step: int
    says: str
    reference: str = ""
    student: str = ""
    beyond: bool = False


@dataclass(frozen=True)
class Finding:
    """What came of comparing one artefact; `step` is the lab's, `summary` a line that says the most important.

    `costs` is false where nothing was handed in of what the lab leaves to the student.
    """

    artefact: str
    verdict: str
    step: int
    summary: str = ""
    notes: tuple[Note, ...] = ()
    costs: bool = True

    @property
    def is_right(self) -> bool:
        """Whether it is as the lab wants it, or costs nothing."""
        return self.verdict in {SAME, EQUIVALENT} or (self.verdict == MISSING and not self.costs)


def differs(step: int, says: str, reference: str = "", student: str = "") -> Note:
    """Return a note of what is wrong."""
    return Note(DIFFERS, step, says, reference, student)


def equivalent(step: int, says: str, reference: str = "", student: str = "") -> Note:
    """Return a note of another way to the same."""
    return Note(EQUIVALENT, step, says, reference, student)


def beyond(step: int, says: str, reference: str = "", student: str = "") -> Note:
    """Return a note of what only the reference does: advice."""
    return Note(EQUIVALENT, step, says, reference, student, beyond=True)


def finding(artefact: str, step: int, notes: Iterable[Note], *, identical: bool = False) -> Finding:
    """Return what the notes come to; without any, `identical` tells whether the texts are the same to the letter."""
    notes = sorted(notes, key=lambda note: (note.verdict != DIFFERS, note.beyond, note.step))
    if not notes:
        if identical:
            return Finding(artefact, SAME, step)
        said = _("Comments, spaces or line ends alone are not the reference's.")
        return Finding(artefact, EQUIVALENT, step, said)
    first = notes[0]
    if first.verdict == DIFFERS:
        return Finding(artefact, DIFFERS, first.step, first.says, tuple(notes))
    said = _("The reference goes beyond the lab: {advice}").format(advice=first.says) if first.beyond else first.says
    return Finding(artefact, EQUIVALENT, step, said, tuple(notes))
