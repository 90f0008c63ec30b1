"""The network: names, who tells them to containers, and proxies."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.doctor import proxies
from labcheck.doctor.commands import as_root, engine_setting, settings_of
from labcheck.doctor.finding import ok, warning, wrong
from labcheck.doctor.side_by_side import spread
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding

_RESOLV = Path("/etc/resolv.conf")
_BEHIND_STUB = Path("/run/systemd/resolve/resolv.conf")  # which the engine reads in place of systemd's stub, 127.0.0.53
_NAMESERVER = re.compile(r"^\s*nameserver\s+(\S+)", re.MULTILINE)
# whom containers ask where this machine names none that they reach: https://docs.docker.com/engine/network/#dns-services
_ENGINES_OWN = "8.8.8.8"
_OTHER = "77.88.8.8"
_DNS_SECONDS = 3
# the addresses of the root, recursion wanted: https://www.rfc-editor.org/rfc/rfc1035 section 4.1
_QUESTION = bytes.fromhex("cafe 0100 0001 0000 0000 0000 00 0001 0001")


def dns(facts: Facts) -> Finding:
    """Tell whether the registries' names are known here, by IPv4 too: that is what the lab machine's exit speaks."""
    hosts = sorted({address.host for address in facts.addresses() if not address.proxy})
    names = [host for host in hosts if not _is_address(host)]
    return judge_names(
        dict(zip(names, spread(_families, names), strict=True)), has_proxy=bool(proxies.of_environment())
    )


def judge_names(families: Mapping[str, set[int]], *, has_proxy: bool) -> Finding:
    """Judge names by the kinds of addresses (AF_INET …) that were found for them."""
    unknown = [name for name, found in families.items() if not found]
    if unknown and has_proxy:
        return ok(_("unknown here, and so left to the proxy: {names}").format(names=", ".join(unknown)))
    if unknown and len(unknown) == len(families):
        return wrong(_("no name is known: {names}").format(names=", ".join(unknown)), *_mend())
    if unknown:
        return warning(
            _("unknown: {names}; others are known").format(names=", ".join(unknown)),
            _("Your network may block them; the lines of the registries say what to do."),
        )
    only_six = [name for name, found in families.items() if socket.AF_INET not in found]
    if only_six:
        return warning(
            _("known by IPv6 addresses only: {names}").format(names=", ".join(only_six)),
            _("The lab machine's exit and containers speak IPv4. Choose a mirror or a network with such addresses."),
        )
    return ok(_("known: {names}").format(names=", ".join(families)) if families else _("nothing to look up"))


def container_network(facts: Facts) -> Finding:
    """Tell whether containers get out, and whom they ask for names: servers of this machine's that IPv4 reaches."""
    engine = facts.engine()
    if engine.info.get("IPv4Forwarding") is False:
        return wrong(
            _("IPv4 forwarding is off: containers do not get out"),
            _("Switch it on:"),
            as_root("sysctl -w net.ipv4.ip_forward=1"),
        )
    if not engine.is_here:
        return ok(_("as the engine's own machine has it"))
    servers = nameservers(_RESOLV)
    if servers == ["127.0.0.53"] and _BEHIND_STUB.is_file():
        servers = nameservers(_BEHIND_STUB)
    usable = settings_of(engine).get("dns") or [server for server in servers if _is_reached(server)]
    if usable:
        return ok(_("containers ask {servers}").format(servers=", ".join(usable)))
    if is_answering(_ENGINES_OWN):
        return ok(_("containers ask {server}, the engine's choice, which answers").format(server=_ENGINES_OWN))
    return warning(
        _(
            "this machine's name servers ({servers}) are not for containers, and {server}, their own, does not answer"
        ).format(servers=", ".join(servers) or "-", server=_ENGINES_OWN),
        *engine_setting(engine, "dns", [_OTHER]),
    )


def nameservers(file: Path) -> list[str]:
    """Return the servers that a resolv.conf names: https://man7.org/linux/man-pages/man5/resolv.conf.5.html."""
    return _NAMESERVER.findall(file.read_text(errors="replace")) if file.is_file() else []


def _is_reached(server: str) -> bool:
    with suppress(ValueError):
        address = ipaddress.ip_address(server.partition("%")[0])
        return address.version == 4 and not address.is_loopback  # noqa: PLR2004 - IPv4
    return False


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _families(name: str) -> set[int]:
    with suppress(OSError, UnicodeError):
        return {family for family, *_rest in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    return set()


def is_answering(server: str, port: int = 53) -> bool:
    """Tell whether a name server answers a question at all."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_DNS_SECONDS)
        asking.connect((server, port))
        asking.send(_QUESTION)
        return bool(asking.recv(512))
    return False


def _mend() -> tuple[str, str]:
    """Return how to name a DNS server: to systemd where that asks, as the lab does, else in resolv.conf."""
    if not _BEHIND_STUB.is_file():
        name_it = f"echo 'nameserver {_OTHER}' | {as_root(f'tee {_RESOLV}')}"
        return _("Name a server that your network lets you ask:"), name_it
    device = "$(ip -o route show default | sed 's/.* dev //; s/ .*//; q')"
    return _("Name a server, as the lab's section on DNS does:"), as_root(f'resolvectl dns "{device}" {_OTHER}')
