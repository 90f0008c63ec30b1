"""What is wrong with a student's netplan files (step 2), in words: the generator says where, seldom what."""

from __future__ import annotations

import re

from labcheck.checks.netplan import is_address
from labcheck.i18n import _
from labcheck.submission.finder import decoded

_KEY = re.compile(r"^(?P<indent>\s*)-?\s*(?P<key>[\w-]+)\s*:", re.MULTILINE)
_ADDRESSES = re.compile(r"addresses\s*:\s*\[(?P<flow>[^\]]*)\]|^\s*-\s+[\"']?(?P<item>[\w.:]+)[\"']?\s*$", re.MULTILINE)
_INTERFACE_DEPTH = 3  # network, ethernets, the interface


def mistake_in(files: dict[str, bytes]) -> str:
    """Return a sentence on the first mistake of students that is in the files, empty where none is seen."""
    for name, content in sorted(files.items()):
        said = _mistake_in(name, decoded(content))
        if said:
            return said
    return ""


def _mistake_in(name: str, text: str) -> str:
    if re.search(r"^ *\t", text, re.MULTILINE):
        return _("{file} is indented with tabs: YAML allows spaces only (step 2).").format(file=name)
    if (
        re.search(r"^\s*(?:nameserver|namesevers|name-?servers?)\s*:", text, re.MULTILINE)
        and "nameservers:" not in text
    ):
        return _("The key in {file} is nameservers, in one word and with an s at the end (step 2).").format(file=name)
    if not name.endswith(".yaml") and "nameservers" in text:
        return _("netplan reads files that end in .yaml only: {file} is not read (step 2).").format(file=name)
    wrong = [address for address in _addresses(text) if not is_address(address)]
    if wrong:
        return _("{address} is no address: it has four numbers, 8.8.8.8 (step 2).").format(address=wrong[0])
    depth = _depth_of("nameservers", text)
    if depth is not None and depth < _INTERFACE_DEPTH:
        return _(
            "nameservers stands too far to the left in {file}: it belongs under the interface, "
            "two spaces deeper (step 2)."
        ).format(file=name)
    return ""


def _addresses(text: str) -> list[str]:
    section = text.partition("nameservers")[2]
    found = []
    for match in _ADDRESSES.finditer(section):
        found += [part.strip(" \"'") for part in (match["flow"] or match["item"] or "").split(",")]
    return [address for address in found if re.fullmatch(r"[\d.]+", address)]


def _depth_of(key: str, text: str) -> int | None:
    """Return how many keys a key stands under, None where it is not there."""
    above: list[int] = []
    for match in _KEY.finditer(text):
        indent = len(match["indent"].lstrip("\n"))
        while above and above[-1] >= indent:
            above.pop()
        if match["key"] == key:
            return len(above)
        above.append(indent)
    return None
