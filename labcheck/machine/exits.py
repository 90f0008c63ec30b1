"""The one way out of a lab machine: to the package registries that pip, apt and apk are set to, here and in bases.

In the machine each registry's name leads to the machine itself, where haproxy passes on what asks for that name: by
its Host header (http) or by the name in its TLS greeting (https), which stays encrypted from end to end.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from labcheck.engine import host
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import bundled

if TYPE_CHECKING:
    from collections.abc import Iterable

ADDRESS = "198.51.100.1"  # where the exit is, inside: lab_machine/walls.sh
FIRST_PORT = 20_000  # and there it listens at this port and the following ones: lab_machine/exit.sh leads there
# where a base image says which registries it is set to
SETTINGS = ("etc/apt/sources.list", "etc/apt/sources.list.d", "etc/apk/repositories", "etc/pip.conf")
_URL = re.compile(r"https?://[^\s\"'<>\]]+")
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_SECONDS = 20
_SOME_PACKAGE = "flask"  # the lab's own: every index that helps has it


@dataclass(frozen=True, order=True)
class Registry:
    """A package registry: `scheme` http or https, its host's name or IPv4 address, its port."""

    scheme: str
    host: str
    port: int

    @property
    def is_address(self) -> bool:
        """Tell whether it is named by its address."""
        with suppress(ValueError):
            return bool(IPv4Address(self.host))
        return False


def registries(settings: Iterable[str] = ()) -> list[Registry]:
    """Return the registries of this host's pip and apt, and those named in `settings`, texts of SETTINGS' files.

    Where a bundle was loaded it is the bundle's index alone.
    """
    if bundled.serving():  # no other is in reach, and asking for their names could take minutes
        return [Registry("http", bundled.HOST, bundled.PORT)]
    indexes = pip_indexes()
    urls = [*indexes, *(url for text in settings for url in _URL.findall(_without_comments(text)))]
    with suppress(LabcheckError):
        urls += [mirror for mirror in host.debian_mirrors() if mirror]
    for address in indexes:
        urls += _files_of(address)
    return sorted({registry for url in urls if (registry := _registry(url))})


def write(folder: Path, found: list[Registry]) -> bool:
    """Write what lab_machine/exit.sh reads into `folder`, and tell whether it differs from what was there.

    A registry whose name nobody here can resolve is left out.

    Raises:
        LabcheckError: http and https are spoken at the same port.
    """
    addresses = {registry: _resolve(registry) for registry in found}
    reached = [registry for registry in found if addresses[registry]]
    _refuse_both(reached)
    listening = _listening(reached)
    literal = [f"{one.host} {one.port} {listening[one.port]}\n" for one in reached if one.is_address]
    files = {
        "dnsmasq.conf": _dnsmasq(reached),
        "haproxy.cfg": _haproxy({registry: addresses[registry] for registry in reached}) if reached else "",
        "ports": "".join(f"{port} {inner}\n" for port, inner in listening.items()),
        "addresses": "".join(literal),
    }
    folder.mkdir(parents=True, exist_ok=True)
    before = {file.name: file.read_text() for file in folder.iterdir()}
    if before == files:
        return False
    for name, text in files.items():
        (folder / name).write_text(text)
    return True


def authorities() -> str | bool:
    """Return the system's authorities, as pip is set to where a mirror has one of its own; True: those of requests."""
    return str(_AUTHORITIES) if _AUTHORITIES.is_file() else True


@cache
def pip_indexes() -> list[str]:
    """Return the indexes that this host's pip uses; where none is set, the default that its own help names."""
    settings = host.pip_settings()
    if "index-url" in settings:
        default = [settings["index-url"]]
    else:
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True, check=False
        )
        help_text = "".join(asked.stdout.split())  # it wraps lines within the address
        default = re.findall(r"\(default(https://[^)]+)\)", help_text)
    return default + settings.get("extra-index-url", "").split()


@cache
def _files_of(index: str) -> list[str]:
    """Return the addresses that an index links to for one package: its files may lie on another host."""
    page = f"{index.rstrip('/')}/{_SOME_PACKAGE}/"
    with suppress(requests.RequestException):
        return sorted({f"{url.scheme}://{url.netloc}" for url in map(urlsplit, _URL.findall(_get(page)))})
    return []


def _get(url: str) -> str:
    answer = requests.get(url, timeout=_SECONDS, verify=authorities())
    answer.raise_for_status()
    return answer.text


def _registry(url: str) -> Registry | None:
    with suppress(ValueError):  # no port, for one
        parts = urlsplit(url)
        if parts.hostname and re.fullmatch(r"[a-z0-9.-]+", parts.hostname):
            return Registry(parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme])
    return None


def _resolve(registry: Registry) -> list[str]:
    """Return the IPv4 addresses that this host knows for it."""
    if registry.host == bundled.HOST:
        return [*bundled.hosts().values()]
    with suppress(OSError):
        found = socket.getaddrinfo(registry.host, registry.port, socket.AF_INET, socket.SOCK_STREAM)
        return sorted({str(address[0]) for *_rest, address in found})
    return []


def _refuse_both(found: list[Registry]) -> None:
    for registry in found:
        for other in found:
            if other.port == registry.port and other.scheme != registry.scheme:
                raise LabcheckError(
                    _("The exit cannot pass on http ({one}) and https ({other}) at one port, {port}.").format(
                        one=registry.host, other=other.host, port=registry.port
                    )
                )


def _without_comments(text: str) -> str:
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def _dnsmasq(found: list[Registry]) -> str:
    """Return dnsmasq's settings: https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html."""
    names = sorted({registry.host for registry in found if not registry.is_address})
    lines = ["no-resolv", "no-hosts", "bind-interfaces", f"listen-address={ADDRESS}", "address=/#/"]
    return "\n".join([*lines, *(f"host-record={name},{ADDRESS}" for name in names), ""])


def _listening(found: Iterable[Registry]) -> dict[int, int]:
    """Return at which port the exit listens for each port of registries: port 80 is left to the lab's containers."""
    return {port: FIRST_PORT + at for at, port in enumerate(sorted({registry.port for registry in found}))}


def _haproxy(found: dict[Registry, list[str]]) -> str:
    """Return haproxy's settings: https://docs.haproxy.org/2.6/configuration.html."""
    lines = ["global", " user haproxy", " group haproxy", " maxconn 512", "defaults", " mode tcp"]
    listening = _listening(found)
    lines += [" timeout connect 10s", " timeout client 2m", " timeout server 2m"]
    for scheme, port in sorted({(registry.scheme, registry.port) for registry in found}):
        lines += [f"frontend {scheme}-{port}", f" bind {ADDRESS}:{listening[port]}"]
        mine = [registry for registry in found if (registry.scheme, registry.port) == (scheme, port)]
        if scheme == "http":
            lines += [
                " mode http",
                *(f" use_backend {_key(r)} if {{ hdr(host),field(1,:) -i {r.host} }}" for r in mine),
            ]
        else:
            lines += [" tcp-request inspect-delay 5s", " tcp-request content accept if { req.ssl_hello_type 1 }"]
            lines += [f" use_backend {_key(r)} if {{ req.ssl_sni -i {r.host} }}" for r in mine if not r.is_address]
            # who is called by address is greeted without a name
            lines += [f" use_backend {_key(r)} if !{{ req.ssl_sni -m found }}" for r in mine if r.is_address][:1]
    for registry, addresses in found.items():
        lines += [f"backend {_key(registry)}", *([" mode http"] if registry.scheme == "http" else [])]
        lines += [f" server s{n} {address}:{registry.port}" for n, address in enumerate(addresses)]
    return "\n".join([*lines, ""])


def _key(registry: Registry) -> str:
    return f"{registry.scheme}-{registry.host}-{registry.port}"
