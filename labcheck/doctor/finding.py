"""What a probe found: its state, what was seen, what to do about it, and the exact command that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labcheck.doctor.facts import Facts

State = Literal["ok", "warning", "wrong", "skipped"]
STATES: tuple[State, ...] = ("ok", "skipped", "warning", "wrong")  # the worst comes last


@dataclass(frozen=True)
class Finding:
    """What a probe found. `advice` is a sentence, `command` what to type; skipped: what it needs is not there."""

    state: State
    found: str
    advice: str = ""
    command: str = ""


@dataclass(frozen=True)
class Probe:
    """A question to this machine: `name` is the same in every language, `title` is what a person reads."""

    name: str
    title: str
    look: Callable[[Facts], Finding]


Line = tuple[Probe, Finding]


def ok(found: str) -> Finding:
    """Return that all is well."""
    return Finding("ok", found)


def skipped(found: str) -> Finding:
    """Return that there is nothing to look at: what it needs is not there, which another line says."""
    return Finding("skipped", found)


def warning(found: str, advice: str = "", command: str = "") -> Finding:
    """Return that the lab works, but for what the finding says; or that it could not be found out."""
    return Finding("warning", found, advice, command)


def wrong(found: str, advice: str = "", command: str = "") -> Finding:
    """Return that a command of ours fails because of it."""
    return Finding("wrong", found, advice, command)


def worst(findings: Iterable[Finding]) -> State:
    """Return the worst state, ok where nothing was found."""
    return max((finding.state for finding in findings), key=STATES.index, default="ok")
