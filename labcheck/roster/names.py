"""What the names of folders and files say of whose they are, as Moodle, GitHub and people make them."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from labcheck.i18n import _
from labcheck.plain import plain_line

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME_LIMIT = 120  # characters of a name that are shown
# Moodle's: https://github.com/moodle/moodle/blob/main/public/mod/assign/classes/downloader.php
_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<participant>\d{1,15})_assignsubmission_(?P<plugin>[a-z]+)_?(?P<file>.*)", re.DOTALL
)
_NAMELESS = {"participant", "участник"}  # what Moodle calls everybody where marking is blind
_SUFFIXES = re.compile(r"(?:\.tar)?\.[a-z0-9]{1,5}", re.IGNORECASE)
# what browsers, Windows and people add to the name of the same thing
_AGAIN = re.compile(
    r"[\s_-]*(?:\(\d{1,3}\)|[-—]\s*(?:copy|копия)(?:\s*\(\d{1,3}\))?|(?:attempt|попытка)[\s_№-]*\d{1,3})$",
    re.IGNORECASE,
)
_KEY_BYTES = 48  # of the readable part


@dataclass(frozen=True)
class Label:
    """What a name says: whose it is, their number in Moodle, and as what it was handed in: `file` or `onlinetext`.

    `person` is the name such that it is equal for the same person; `file` is what the student called a file that Moodle
    exported without a folder.
    """

    name: str
    person: str
    participant: str | None = None
    plugin: str = ""
    file: str = ""


def label_of(name: str, *, is_folder: bool, prefix: str = "") -> Label:
    """Return what the name of a folder or file says; `prefix` is what all of a GitHub export begin with."""
    moodle = _MOODLE.fullmatch(name)
    if moodle:
        shown = plain_line(moodle["name"], NAME_LIMIT)
        if shown.lower() in _NAMELESS:
            shown = _("Participant {number}").format(number=moodle["participant"])
        return Label(shown, normalized(moodle["name"]), moodle["participant"], moodle["plugin"], moodle["file"])
    own = name.removeprefix(prefix)
    if not is_folder:
        suffix = PurePath(own).suffix
        own = own.removesuffix(suffix).removesuffix(".tar") if _SUFFIXES.fullmatch(suffix) else own
    own = _AGAIN.sub("", own)
    return Label(plain_line(own, NAME_LIMIT) or _("(no name)"), normalized(own))


def is_moodles(name: str) -> bool:
    """Tell whether Moodle made the name."""
    return _MOODLE.fullmatch(name) is not None


def github_prefix(folder: str, clones: Sequence[str]) -> str:
    """Return what the folders of repositories begin with before the user's name: `lab-3-` of `lab-3-ivanov`.

    `gh classroom clone student-repos` calls the folder around them `lab-3-submissions`; elsewhere it is what they have
    in common, as far as the last hyphen.
    """
    assignment = folder.removesuffix("submissions") if folder.endswith("-submissions") else ""
    if assignment and all(name.startswith(assignment) for name in clones):
        return assignment
    if len(clones) < 2:  # noqa: PLR2004 - one has nothing in common with others
        return ""
    common = os.path.commonprefix(list(clones))  # noqa: RUF071 - they are names, not paths
    return common[: common.rfind("-") + 1]


def normalized(name: str) -> str:
    """Return a name such that it is equal for the same person: case, ё, spaces and the order of its parts are not."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е")  # noqa: RUF001
    return " ".join(sorted(re.findall(r"[^\W_]+", plain))) or plain


def key_of(name: str, identity: str) -> str:
    """Return a file name for a student: readable, at most 80 bytes, the same in every run.

    `identity` is what tells namesakes apart.
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name).casefold())
    readable = "-".join(words).encode()[:_KEY_BYTES].decode(errors="ignore").strip("-")
    number = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable}-{number}" if readable else number
