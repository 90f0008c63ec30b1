"""Cells of a CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from labcheck.plain import plain_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# https://owasp.org/www-community/attacks/CSV_Injection; the wide ones are what an East Asian keyboard types
_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
# where a cell begins: here, or where the file is opened with the other delimiter
_BEGINNING = re.compile(rf"(^|[;,])([\s\"]*)(?=[{_FORMULA}])")
BOM = "\ufeff"  # without it Excel takes the file for the system's code page


def text(value: object, limit: int = 400) -> str:
    """Return a text as a cell: one line, an apostrophe before what a spreadsheet would calculate."""
    return _BEGINNING.sub(r"\1\2'", plain_line(value, limit))


def table(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """Return rows of cells as CSV: UTF-8 with its mark, lines end in CR LF (RFC 4180)."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return (BOM + file.getvalue()).encode()
