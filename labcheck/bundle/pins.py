"""What a class pins in its requirements.txt files: a bundle brings these wheels too, or their builds are ungradable."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck import roster
from labcheck.checks import requirements
from labcheck.errors import LabcheckError
from labcheck.submission import intake
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labcheck.roster import Entry

_MOST_BYTES = 100_000  # of a requirements.txt
_MOST = 500  # requirements of one student


def of_class(path: Path) -> list[str]:
    """Return the requirements of all students of a class, each once: names and versions, never an address.

    What cannot be read is left out: check-class says so.

    Raises:
        LabcheckError: there is no class at `path`.
    """
    return sorted({line for entry in roster.read(path).entries for line in _of(entry)})


def _of(entry: Entry) -> Iterable[str]:
    with tempfile.TemporaryDirectory(prefix="labcheck-") as scratch, suppress(LabcheckError, OSError):
        given, image = roster.gathered(entry, Path(scratch))
        if given is None:
            return []
        with intake.take_in(given, image) as taken:
            file = taken.submission.requirements
            if file is None or file.stat().st_size > _MOST_BYTES:
                return []
            return _listed(file)
    return []


def _listed(file: Path) -> list[str]:
    try:
        lines = requirements.read(file)
    except (ValueError, LookupError, StudentFileError):
        return []
    wanted = [line.requirement for line in lines if line.requirement and not requirements.is_of_the_system(line.name)]
    return [str(wish) for wish in wanted if not wish.url][:_MOST]
