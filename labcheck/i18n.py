"""Messages in the reader's language: English in the code, Russian from `locale/ru`; LANGUAGE, LC_ALL or LANG choose."""

from __future__ import annotations

import gettext
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"

_ = gettext.translation("labcheck", LOCALE_DIR, fallback=True).gettext
