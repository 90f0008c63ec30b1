"""The ports of `make up`: who else holds them, and whether the engine may take them at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labcheck import conflicts
from labcheck.doctor.commands import as_root
from labcheck.doctor.finding import ok, wrong
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Engine, Facts
    from labcheck.doctor.finding import Finding

_FIRST_FREE = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_PORTS = 2**16


def keeper_port(facts: Facts) -> Finding:
    """Tell whether `make up` can publish the keeper."""
    return _port(facts, facts.keeper_port, "PORT")


def web_port(facts: Facts) -> Finding:
    """Tell whether `make up` can publish the page."""
    return _port(facts, facts.web_port, "WEB_PORT")


def _port(facts: Facts, port: int, setting: str) -> Finding:
    found = facts.engine_if_any()
    who = conflicts.holder(found.client if found else None, port)
    other = f"make up {setting}={port + 1000 if port + 1000 < _PORTS else port - 1000}"
    if who:
        return wrong(_("{port} is taken by {who}").format(port=port, who=who), _("Stop that, or take another:"), other)
    if port < _first_free(found):
        return wrong(
            _("{port}: a rootless engine may not take it").format(port=port),
            _("Take another ({command}), or allow it:").format(command=other),
            as_root(f"sysctl -w net.ipv4.ip_unprivileged_port_start={port}"),
        )
    return ok(_("{port}: nobody else has it").format(port=port))


def _first_free(found: Engine | None) -> int:
    """Return the first port that an engine without root's rights may take."""
    if not (found and found.is_here and found.has_security("rootless")):
        return 0
    return int(_FIRST_FREE.read_text())
