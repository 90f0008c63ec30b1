"""What comes of grading, in the shapes that other programs take: all from one `results`, see `results.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labcheck.i18n import reader_language
from labcheck.outputs import files, grades_csv, junit, moodle, results_json

if TYPE_CHECKING:
    from pathlib import Path

RESULTS, SCHEMA, GRADES, MOODLE, JUNIT = (
    "results.json",
    results_json.SCHEMA.name,
    "grades.csv",
    "moodle.csv",
    "junit.xml",
)


def write(results: dict[str, Any], folder: Path, *, delimiter: str = ",") -> list[Path]:
    """Write all of them into a folder that is there; return their paths.

    `delimiter` is that of grades.csv, `;` for a Russian Excel. moodle.csv is in the reader's language, like all that we
    say: Moodle understands it where that is its language, too. It is left out where nobody has a participant's number.

    Raises:
        OSError: one cannot be written; each that is there is whole.
    """
    contents = {
        RESULTS: results_json.content(results),
        SCHEMA: results_json.SCHEMA.read_bytes(),
        GRADES: grades_csv.content(results, delimiter),
        JUNIT: junit.content(results),
    }
    if any(submission.get("participant") for submission in results["submissions"]):
        contents[MOODLE] = moodle.content(results, reader_language())
    for name, content in contents.items():
        files.replace(folder / name, content)
    return [folder / name for name in contents]
