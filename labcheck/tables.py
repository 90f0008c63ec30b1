"""Tables that people write by hand or save from a spreadsheet, as rows of cells: any CSV that Excel makes of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcheck.encodings import marked
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BYTES_LIMIT = 10_000_000


@dataclass(frozen=True)
class Row:
    """A row of a table: `line` is where it ends in the file, from 1; `cells` are its texts by column."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell's text, empty where the row or the table has none."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """A table: `rows` without empty ones, the `columns` that it has, and the `unknown` words of its first row."""

    rows: list[Row]
    columns: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def read(path: Path, columns: Mapping[str, set[str]]) -> Table:
    """Return what a CSV holds.

    `columns` are the names of its columns in their order, each with the words, in lower case, that may stand for it in
    a first row; a file without such a row has the columns in that order. Cells are separated by comma, semicolon (what
    a Russian Excel writes) or tab; the encoding is UTF-8, UTF-16 with its mark or Windows' 1251.

    Raises:
        LabcheckError: it cannot be read, or is no table.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_LIMIT + 1)
    except OSError as error:
        raise LabcheckError(_("{path} cannot be read: {reason}").format(path=path, reason=error.strerror)) from error
    if len(raw) > BYTES_LIMIT:
        raise LabcheckError(_("{path} is too big to be a table of students.").format(path=path))
    text = _decoded(raw)
    if text is None:
        raise LabcheckError(_("{path} is no CSV: save the table as CSV in UTF-8.").format(path=path))
    said = _separator_said(text)
    text, delimiter = (text.partition("\n")[2], said) if said else (text, _delimiter(text))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    skipped = 1 if said else 0
    try:
        rows = [(reader.line_num + skipped, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise LabcheckError(
            _("{path} is no CSV, from line {line} on: {reason}").format(path=path, line=reader.line_num, reason=error)
        ) from error
    rows = [(line, cells) for line, cells in rows if any(cells)]
    names = _header(rows[0][1], columns) if rows else []
    if not names:
        return Table([Row(line, dict(zip(columns, cells, strict=False))) for line, cells in rows], tuple(columns))
    unknown = tuple(cell for name, cell in zip(names, rows[0][1], strict=True) if cell and not name)
    return Table([Row(line, _by_name(names, cells)) for line, cells in rows[1:]], tuple(filter(None, names)), unknown)


def _decoded(raw: bytes) -> str | None:
    """Return the text, None for what is no text at all."""
    by_mark, raw = marked(raw)
    for encoding in [by_mark] if by_mark else ["utf-8", "cp1251"]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _separator_said(text: str) -> str:
    """Return what Excel's own first line, `sep=;`, says; empty where there is none."""
    first = text.partition("\n")[0].strip().strip('"')
    return first[-1] if first.lower().startswith("sep=") and first[4:] in {";", ",", "\t"} else ""


def _delimiter(text: str) -> str:
    """Tell the delimiter by the first line, in which a comma may be part of a name and a semicolon hardly is."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside_quotes = "".join(first.split('"')[::2])
    return next((delimiter for delimiter in "\t;" if delimiter in outside_quotes), ",")


def _header(cells: list[str], columns: Mapping[str, set[str]]) -> list[str]:
    """Return the columns' names in the file's order, empty for an unknown one; no names where it is no header."""
    words = [" ".join(cell.lower().split()) for cell in cells]
    names = [next((name for name, known in columns.items() if word in (known | {name})), "") for word in words]
    return names if any(names) else []


def _by_name(names: list[str], cells: list[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(names, cells, strict=False) if name}
