"""Messages in Russian: complete, and with the same blanks to fill in as the English ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from labcheck.i18n import LOCALE_DIR
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUES = sorted(LOCALE_DIR.glob("*/LC_MESSAGES/labcheck.po"))
BLANK = re.compile(r"\{(\w+)[^}]*\}")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_message_is_translated(path: Path) -> None:
    """Each message of the code has a translation with the same blanks, and no translation is left of one that is gone.

    New messages: sh scripts/catalogues.sh, then fill in the .po file.
    """
    with path.open("rb") as file:
        translated = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    methods = [("test_*.py", "labcheck.titles:extract"), ("**.py", "python"), ("**.jinja", "jinja2")]
    folders = [CHECKOUT / "labcheck", CHECKOUT / "tests" / "rubric", CHECKOUT / "tests" / "walkthrough"]
    extracted = {str(found[2]) for folder in folders for found in extract_from_dir(folder, methods)}
    assert set(translated) == extracted
    assert not [text for text, translation in translated.items() if not translation]
    wrong = [t for t, translation in translated.items() if set(BLANK.findall(t)) != set(BLANK.findall(translation))]
    assert not wrong
