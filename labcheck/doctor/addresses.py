"""What the doctor asks over HTTP: the package registries as pip and apt are set here, and the registry of images."""

from __future__ import annotations

import os
import shlex

from labcheck.doctor.commands import output
from labcheck.doctor.web import Address
from labcheck.images import bases
from labcheck.machine import exits

_PACKAGE = "flask"  # the lab's own: every index that helps has it
_SUITE = "bookworm"  # what most stand-ins are built from
SIGNED = "BEGIN PGP SIGNED MESSAGE"  # a Release file begins so: https://wiki.debian.org/DebianRepository/Format
_TARGETS = "$(REPO_URI) $(RELEASE)"


def of_pip() -> list[Address]:
    """Return the page of one package in each index that this host's pip uses."""
    return [Address(f"{index.rstrip('/')}/{_PACKAGE}/", _PACKAGE) for index in exits.pip_indexes()]


def of_files(registries: list[exits.Registry], known: list[Address]) -> list[Address]:
    """Return those of the registries that are not known as indexes or archives: pip's files lie there."""
    hosts = {address.host for address in known}
    return [Address(f"{one.scheme}://{one.host}:{one.port}/") for one in registries if one.host not in hosts]


def of_apt() -> list[Address]:
    """Return the Release file of each archive that this host's apt uses, and of the mirror that DEBIAN_MIRROR names."""
    urls = []
    for line in (output("apt-get", "indextargets", "--format", _TARGETS) or "").splitlines():
        uri, _space, release = line.partition(" ")
        if uri.startswith(("http://", "https://")):
            urls.append(f"{uri}{release}InRelease" if release.endswith("/") else f"{uri}dists/{release}/InRelease")
    mirror = os.environ.get("DEBIAN_MIRROR", "").rstrip("/")
    if mirror:
        urls.append(f"{mirror}/dists/{_SUITE}/InRelease")
    proxies = {scheme: _proxy_of_apt(scheme) for scheme in {url.partition(":")[0] for url in urls}}
    return [Address(url, SIGNED, proxies[url.partition(":")[0]]) for url in dict.fromkeys(urls)]


def of_images(source: bases.Source) -> Address | None:
    """Return the API of the registry that base images come from, None where they come from none."""
    if source.kind == "standin":
        return None
    registry = bases.registry_of(source.reference(next(iter(bases.LAB_BASES)))) or "registry-1.docker.io"
    scheme = "http" if registry.startswith(("localhost", "127.")) else "https"  # as the engine does
    return Address(f"{scheme}://{registry}/v2/")


def _proxy_of_apt(scheme: str) -> str:
    """Return the proxy that apt alone is set to: https://manpages.debian.org/apt-transport-http."""
    assigned = shlex.split(output("apt-config", "shell", "proxy", f"Acquire::{scheme}::Proxy") or "")
    proxy = assigned[0].partition("=")[2] if assigned else ""
    return "" if proxy == "DIRECT" else proxy
