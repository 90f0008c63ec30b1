"""The lab machine: what could keep it from starting here, as far as that is seen without starting one."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.doctor.commands import as_root
from labcheck.doctor.finding import ok, warning, wrong
from labcheck.doctor.side_by_side import spread
from labcheck.engine import connection as engines
from labcheck.engine import ownership
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Engine, Facts
    from labcheck.doctor.finding import Finding
    from labcheck.machine.exits import Registry

_LOOP = Path("/dev/loop-control")
_ON_HOST = "ENGINE=host make check"
_SECONDS = 5


def lab_machine(facts: Facts) -> Finding:
    """Tell whether a lab machine can start here, and whether its exit would reach the package registries."""
    engine = facts.engine()
    reason = _hindrance(engine)
    if reason:
        return wrong(reason, _("Check on your own engine, where work is bounded in time alone:"), _ON_HOST)
    if not _LOOP.exists():
        return wrong(
            _("{device} is missing, and with it its disk").format(device=_LOOP),
            _("Load the module:"),
            as_root("modprobe loop"),
        )
    if engine.has_security("selinux"):
        return warning(
            _("SELinux may keep it from its files; it was not tried"),
            _("If it does not start, check on your own engine:"),
            _ON_HOST,
        )
    registries = [] if facts.has_bundle() else facts.registries()
    silent = [
        registry.host
        for registry, is_reached in zip(registries, spread(_is_reached, registries), strict=True)
        if not is_reached
    ]
    if silent:
        return warning(
            _("it can start; builds in it would not reach {hosts}: its exit goes there directly, by IPv4").format(
                hosts=", ".join(silent)
            ),
            _("Where a proxy alone leads there, check on your own engine:"),
            _ON_HOST,
        )
    kept = engine.client.containers.list(all=True, filters={"label": ownership.MACHINE}, ignore_removed=True)
    return ok(_("started here before") if kept else _("nothing seems to stand in its way"))


def _hindrance(engine: Engine) -> str:
    """Return why there can be none on this engine, empty where nothing is known to be in the way."""
    if engine.is_desktop:
        return _("Docker Desktop's engine is in a virtual machine, whose network is out of reach")
    if not engine.is_here:
        return _("the engine is not on this machine: {address}").format(address=engines.address())
    if engine.is_podman:
        return _("Podman does not start it: it was made for Docker's engine")
    if engine.has_security("rootless") or engine.has_security("userns"):
        return _("a rootless engine, or one with user namespaces, has no loop devices for its disk")
    return ""


def _is_reached(registry: Registry) -> bool:
    with suppress(OSError), socket.socket() as probe:
        probe.settimeout(_SECONDS)
        return probe.connect_ex((registry.host, registry.port)) == 0
    return False
