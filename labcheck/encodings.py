"""What the first bytes of a text say about its encoding: students' editors, and PowerShell, write byte order marks."""

from __future__ import annotations

import codecs

# that of UTF-32 begins as UTF-16's does: it is looked for before
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def marked(raw: bytes) -> tuple[str, bytes]:
    """Return the encoding that a byte order mark names, empty where there is none, and the bytes after the mark."""
    return next(((name, raw.removeprefix(mark)) for mark, name in _MARKS.items() if raw.startswith(mark)), ("", raw))
