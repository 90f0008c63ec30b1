"""What a terminal shows of the bytes that were written to it."""

from __future__ import annotations

import pyte

COLUMNS, ROWS = 160, 48
_SCROLLED = 100_000  # lines
_PLAIN = str.maketrans("", "", "\a")


def text_of(written: bytes) -> str:
    """Return all that a terminal has shown, what scrolled away first."""
    plain = written.replace(b"\r\n", b"\n")
    if not any(control in plain for control in b"\x1b\r\b\t"):  # most output: nothing to emulate
        lines = plain.decode(errors="replace").translate(_PLAIN).split("\n")
    else:
        screen = _written(written)
        above = ["".join(line[column].data for column in range(COLUMNS)) for line in screen.history.top]
        lines = above + screen.display
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def visible(written: bytes) -> str:
    """Return what is on the screen in the end, line by line."""
    return "\n".join(line.rstrip() for line in _written(written).display)


def _written(data: bytes) -> pyte.HistoryScreen:
    screen = pyte.HistoryScreen(COLUMNS, ROWS, history=_SCROLLED)
    pyte.ByteStream(screen).feed(data)
    return screen
