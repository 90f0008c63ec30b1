"""`ping` as a person uses it: watch some answers come, then press Ctrl+C; whoever is not known is said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labcheck.walkthrough.window import Window

ANSWERS = r"(?s)(64 bytes from .*?){2}"
UNKNOWN = r"bad address|not known|not resolve|name resolution"  # busybox's ping, iputils' on musl and on glibc


def interrupt(window: Window) -> None:
    """Press Ctrl+C; assert that nothing was lost."""
    window.press("ctrl+c")
    assert " 0% packet loss" in window.end().text
