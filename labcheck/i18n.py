"""Messages in the reader's language: English in the code, Russian from `locale/ru`; LANGUAGE, LC_ALL or LANG choose."""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOCALE_DIR = Path(__file__).parent / "locale"


def translator(language: str | None = None) -> Callable[[str], str]:
    """Return what words messages in a language ("en", "ru"), in the reader's where none is named."""
    return _translations(language).gettext


def reader_language() -> str:
    """Return the language of the messages: that of the reader's catalogue, "en" where there is none."""
    return _translations(None).info().get("language", "en")


def _translations(language: str | None) -> gettext.NullTranslations:
    return gettext.translation("labcheck", LOCALE_DIR, [language] if language else None, fallback=True)


_ = translator()
