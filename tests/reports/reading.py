"""Pages as their readers see them: parsed, and their rows found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup

from labcheck.plain import plain
from labcheck.reports import model

if TYPE_CHECKING:
    from pathlib import Path


def soup(path: Path) -> BeautifulSoup:
    """Return a page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def all_pages(folder: Path) -> list[Path]:
    """Return the files of a folder's pages."""
    return [folder / "index.html", *sorted((folder / "students").iterdir())]


def student_page(folder: Path, results: dict[str, Any], number: int) -> BeautifulSoup:
    """Return the page of a submission by its number."""
    name = results["submissions"][number]["name"]
    return soup(folder / "students" / next(one.page for one in model.students(results) if one.name == name))


def row_of(folder: Path, name: str) -> list[str]:
    """Return the cells of a student's row in the table of students."""
    rows = soup(folder / "index.html").select("#students tbody tr")
    row = next(row for row in rows if row.th and plain(name)[:60] in row.th.get_text())
    return [" ".join(cell.get_text().split()) for cell in row.select("td")]
