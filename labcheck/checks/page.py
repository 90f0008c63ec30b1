"""What is asked of the page of lab steps 80 and 83: for its checks, and for `make diff`."""

from __future__ import annotations

import re
import warnings

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

NAME = "index.html"
HEADING = "Hello from the local directory"
_RED = re.compile(
    r"color\s{0,9}:\s{0,9}(?:red|#f00|#ff0000|rgb\(\s{0,9}255\s{0,9},\s{0,9}0\s{0,9},\s{0,9}0\s{0,9}\))", re.IGNORECASE
)


def parse(text: str) -> BeautifulSoup:
    """Return a student's page, parsed.

    Raises:
        StudentFileError: it cannot be.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 guesses that a short text is meant to be a file's name
        try:
            return BeautifulSoup(text, "html.parser")
        except (ParserRejectedMarkup, RecursionError) as error:
            raise StudentFileError(_("{name} is no HTML that can be parsed.").format(name=NAME)) from error


def headings(page: BeautifulSoup) -> list[str]:
    """Return the texts of its headings; one is to be HEADING (step 80)."""
    return [" ".join(heading.get_text().split()) for heading in page.find_all("h1")]


def styles(page: BeautifulSoup) -> list[str]:
    """Return whatever in it sets a style, none in the page of step 80."""
    return [
        str(tag.get("style") or tag.get("color") or tag.string or "") for tag in page.select("[style], style, font")
    ]


def is_red(styles: list[str]) -> bool:
    """Tell whether one of the styles is step 83's, in whichever of HTML's ways to say red."""
    return any(_RED.search(style) or style.strip().lower() == "red" for style in styles)
