"""The clock: this machine's against those of servers that answer, and the engine's against this machine's."""

from __future__ import annotations

import platform
import re
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from labcheck.doctor.commands import as_root, has_systemd, is_wsl
from labcheck.doctor.finding import ok, warning, wrong
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.doctor.facts import Engine, Facts
    from labcheck.doctor.finding import Finding

_MUCH, _TOO_MUCH = 60, 300  # seconds: certificates and apt's Release files are not valid before their time
_ANEW = "wsl.exe --shutdown"


def clock(facts: Facts) -> Finding:
    """Tell by how much the clocks are off; whom a wrong clock keeps from being trusted is still asked for the time."""
    aheads = [answer.ahead for answer in facts.ask_all() if answer.ahead is not None]
    engine = facts.engine_if_any()
    # an answer that a cache kept may tell an old time, a right clock agrees with one of them at least
    return judge(min(aheads, key=abs, default=None), _engine_ahead(engine) if engine else 0.0)


def judge(ahead: float | None, engine_ahead: float) -> Finding:
    """Judge seconds: how far our clock is ahead of the servers', None where none answers, and the engine's of ours."""
    if ahead is not None and abs(ahead) >= _MUCH:
        said = _("{span} ahead of the servers that answer") if ahead > 0 else _("{span} behind the servers that answer")
        return _off(ahead)(said.format(span=_span(ahead)), *_set(time.time() - ahead))
    if abs(engine_ahead) >= _MUCH:
        is_ahead = engine_ahead > 0
        said = _("the engine's is {span} ahead of this machine's") if is_ahead else _("the engine's is {span} behind")
        advice = _("The virtual machine that the engine is in has slept. Start it anew.")
        return _off(engine_ahead)(said.format(span=_span(engine_ahead)), advice, _ANEW if is_wsl() else "")
    if ahead is None:
        return warning(_("nobody who answers tells the time"), _("Compare it with your watch:"), "date")
    return ok(_("right, to {seconds:.0f} s").format(seconds=abs(ahead)))


def _off(seconds: float) -> Callable[[str, str, str], Finding]:
    return wrong if abs(seconds) >= _TOO_MUCH else warning


def _span(seconds: float) -> str:
    """Return hours, minutes and seconds."""
    return str(timedelta(seconds=round(abs(seconds))))


def _set(now: float) -> tuple[str, str]:
    """Return how to set the clock: by the network where a service does it, else to the time that the servers tell."""
    if platform.system() == "Darwin":
        return _("Set it:"), "sudo sntp -sS time.apple.com"
    if is_wsl():
        return _("Windows' clock is taken over when WSL is started:"), _ANEW
    if has_systemd():
        return _("Let the network set it:"), as_root("timedatectl set-ntp true")
    told = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    return _("Set it:"), as_root(f"date --utc --set='{told}'")


def _engine_ahead(engine: Engine) -> float:
    """Return by how many seconds the engine's clock is ahead of ours; its nanoseconds are more than Python reads."""
    text = re.sub(r"\.\d+", "", str(engine.info.get("SystemTime", ""))).replace("Z", "+00:00")
    return datetime.fromisoformat(text).timestamp() - engine.asked if text else 0.0
