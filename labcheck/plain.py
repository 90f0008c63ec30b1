"""Text of strangers as plain text: nothing in it that steers a terminal, turns the writing or breaks a parser."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup

_BREAKS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"))
_CUT = " …"


def plain(text: object, limit: int = 4000) -> str:
    """Return at most `limit` characters of a text: without control and format characters, each break a line feed.

    Format characters (Unicode's Cf) turn the direction of writing or hide letters; surrogates are what Python makes of
    bytes that are no UTF-8, and no encoder takes them: they become U+FFFD, as do noncharacters, which XML forbids.
    """
    whole = str(text)
    shown = whole[: limit * 2].replace("\r\n", "\n").translate(_BREAKS)  # cut first: a megabyte is not looked through
    shown = "".join(_plain_letter(letter) for letter in shown)
    if len(whole) <= limit * 2 and len(shown) <= limit:
        return shown
    return shown[: max(0, limit - len(_CUT))] + _CUT


def plain_line(text: object, limit: int = 400) -> str:
    """Return the same as one line, each run of white space one space."""
    return " ".join(plain(text, limit).split())


def with_code(text: str, limit: int = 4000) -> str:
    """Return a sentence for HTML, its parts between backquotes set as code."""
    parts = plain(text, limit).split("`")
    if len(parts) % 2 == 0:
        return text  # one is left open
    return Markup().join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _plain_letter(letter: str) -> str:
    if letter in "\n\t" or letter.isprintable():
        return letter
    category = unicodedata.category(letter)
    if category in {"Cc", "Cf"}:
        return ""
    is_nonsense = category == "Cs" or ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF  # noqa: PLR2004
    return "\ufffd" if is_nonsense else " " if category.startswith("Z") else letter
