"""The page of lab steps 80 and 83, by its elements and style."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from labcheck.compare.model import Finding, Note, differs, equivalent, finding
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME, PLAIN_NAME = "index.html", "index-step80.html"
HEADING = "Hello from the local directory"
TEXT_LIMIT = 50_000  # bytes
RED = re.compile(
    r"color\s{0,9}:\s{0,9}(?:red|#f00|#ff0000|rgb\(\s{0,9}255\s{0,9},\s{0,9}0\s{0,9},\s{0,9}0\s{0,9}\))", re.IGNORECASE
)
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
    page = _parsed(text)
    headings = [" ".join(heading.get_text().split()) for heading in page.find_all("h1")]
    if HEADING not in headings:
        says = _("The page has another heading than the lab's: 82 does not show its text.")
        yield differs(80, says, HEADING, "\n".join(headings) or text[:200])
        return
    styles = [
        str(tag.get("style") or tag.get("color") or tag.string or "") for tag in page.select("[style], style, font")
    ]
    is_red = any(RED.search(style) or style.strip().lower() == "red" for style in styles)
    if styles and not is_red:
        says = _("The heading is not red at 83.")
        if any(set(_CURLY) & set(style) for style in styles):
            says = _("The heading is not red at 83: the style's quotes are a word processor's, not straight ones.")
        yield differs(83, says, red, text)
    elif not styles:
        yield equivalent(80, _("The page as step 80 leaves it, before 83 makes it red."), plain, text)
    else:
        yield equivalent(83, _("The same heading in red, written otherwise."), red, text)


def _parsed(text: str) -> BeautifulSoup:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 guesses that a short text is meant to be a file's name
        try:
            return BeautifulSoup(text, "html.parser")
        except (ParserRejectedMarkup, RecursionError) as error:
            raise StudentFileError(_("{name} is no HTML that can be parsed.").format(name=NAME)) from error
