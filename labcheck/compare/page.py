"""The page of lab steps 80 and 83, by its elements and style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcheck.checks import page as pages
from labcheck.checks.page import HEADING, NAME
from labcheck.compare.model import Finding, Note, differs, equivalent, finding
from labcheck.i18n import _
from labcheck.submission.student_file import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAIN_NAME = "index-step80.html"
TEXT_LIMIT = 50_000  # bytes
_CURLY = "“”„«»‘’″"  # noqa: RUF001 - what word processors make of quotes


def compare(folder: Path, reference: Path) -> Finding:
    """Compare the page in a student's folder with the reference's folder, which holds both of the lab's pages.

    Raises:
        StudentFileError: it cannot be opened, or is too long.
    """
    file = folder / NAME
    if not file.is_file():
        others = [path.name for path in folder.iterdir() if path.name.lower() == NAME]
        says = _("nginx looks for index.html, to the letter: it answers 403 at 82.")
        return finding("content", 80, [differs(80, says, NAME, ", ".join(others))])
    text = read_text(file, TEXT_LIMIT)
    red, plain = ((reference / name).read_text(encoding="utf-8") for name in (NAME, PLAIN_NAME))
    if text.strip() == red.strip():
        return finding("content", 83, [], identical=True)
    return finding("content", 83, _notes(text, red, plain))


def _notes(text: str, red: str, plain: str) -> Iterator[Note]:
    page = pages.parse(text)
    headings, styles = pages.headings(page), pages.styles(page)
    if HEADING not in headings:
        says = _("The page has another heading than the lab's: 82 does not show its text.")
        yield differs(80, says, HEADING, "\n".join(headings) or text[:200])
        return
    if styles and not pages.is_red(styles):
        says = _("The heading is not red at 83.")
        if any(set(_CURLY) & set(style) for style in styles):
            says = _("The heading is not red at 83: the style's quotes are a word processor's, not straight ones.")
        yield differs(83, says, red, text)
    elif not styles:
        yield equivalent(80, _("The page as step 80 leaves it, before 83 makes it red."), plain, text)
    else:
        yield equivalent(83, _("The same heading in red, written otherwise."), red, text)
