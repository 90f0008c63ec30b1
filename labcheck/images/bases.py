"""Where the lab's base images come from: Docker Hub, a mirror, or stand-ins built here. One setting, HUB, says.

Docker's own rule makes the names: `python:3.10.6` is `library/python:3.10.6` in a registry, `avenga/net-tools` is
itself.
On the user's engine nothing gets an official name from us.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcheck.engine import connection as engine
from labcheck.engine import stream
from labcheck.errors import LabcheckError, PullError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

# every base image of the lab, with the space it takes unpacked, in MB, as published for linux/amd64 (facts: late 2026)
LAB_BASES = {
    "python:3.10.6": 923,
    "python:3.10.6-slim": 126,
    "python:3.10.6-alpine": 50,
    "mysql:8.4": 813,
    "nginx:latest": 161,
    "hello-world:latest": 1,
}
PULL_SPARE = 1.5  # while it is unpacked, a layer is on the disk twice: packed and unpacked

_STANDIN_PREFIX = "localhost/standin"
_HUB_NAMES = {"hub", "docker.io", "index.docker.io", "registry-1.docker.io"}
# https://pkg.go.dev/github.com/distribution/reference: a first part with a dot, a port, or "localhost" is a registry
_REGISTRY = re.compile(r"^(?:localhost|[\w.-]+\.[\w-]+|[\w-]+(?=:)|\[[0-9a-fA-F:]+\])(?::\d{1,5})?(?:/[a-z0-9._-]+)*$")
_NO_MIRRORS = {
    *("cr.yandex", "gcr.io", "ghcr.io", "mcr.microsoft.com", "nvcr.io", "quay.io"),
    *("registry.access.redhat.com", "registry.gitlab.com", "registry.k8s.io"),
}
_PULL_SECONDS = 1800
_PULL_SILENT_SECONDS = 60


@dataclass(frozen=True)
class Source:
    """Where base images come from; `prefix` stands before the name that Docker Hub knows, empty for the Hub itself."""

    kind: str  # "hub", "mirror" or "standin"
    prefix: str

    def reference(self, name: str) -> str:
        """Return the image on the engine that stands for the official name `name`."""
        name = with_tag(name)
        if not self.prefix or registry_of(name):
            return name
        return f"{self.prefix}/{name}" if "/" in name else f"{self.prefix}/library/{name}"

    @property
    def setting(self) -> str:
        """The HUB setting that means it."""
        return {"hub": "docker.io", "standin": "standin"}.get(self.kind, self.prefix)

    def __str__(self) -> str:
        """Return what a person calls it."""
        return {"hub": "Docker Hub", "standin": _("stand-in")}.get(self.kind, self.prefix)


HUB = Source("hub", "")
STANDIN = Source("standin", _STANDIN_PREFIX)
# set in a lab machine, to the kind of the bases that were brought in under their official names: it pulls nothing
BROUGHT = "LABCHECK_BROUGHT"
SIZES = "LABCHECK_SIZES"  # there: the bytes of base images that are not brought in only to be measured, as JSON


def with_tag(name: str) -> str:
    """Return the name with its tag, `latest` where it has neither tag nor digest."""
    return name if "@" in name or ":" in name.rpartition("/")[2] else f"{name}:latest"


def parse_hub(setting: str) -> Source | None:
    """Return the source that a HUB setting names, None for an empty one: then it is to be found out.

    Raises:
        LabcheckError: it is not the name of a registry.
    """
    setting = setting.strip().rstrip("/")
    if not setting:
        return None
    if setting == "standin":
        return STANDIN
    if setting in _HUB_NAMES:
        return HUB
    if not _REGISTRY.match(setting):
        bare = re.sub(r"^\w+://", "", setting)
        hint = _(" Without “https://” it would be right: HUB={bare}").format(bare=bare)
        raise LabcheckError(
            _(
                "HUB={setting} is not the name of a registry. Examples: HUB=mirror.gcr.io, "
                "HUB=public.ecr.aws/docker, HUB=127.0.0.1:5000, HUB=docker.io, HUB=standin."
            ).format(setting=setting)
            + (hint if bare != setting and _REGISTRY.match(bare) else "")
        )
    return Source("mirror", setting)


def registry_of(name: str) -> str | None:
    """Return the registry that a name begins with, None for a name of Docker Hub's.

    https://pkg.go.dev/github.com/distribution/reference
    """
    first, slash, _rest = name.partition("/")
    return first if slash and ({".", ":"} & set(first) or first == "localhost") else None


def official_name(reference: str) -> str:
    """Return what Docker Hub calls an image that is named through a mirror: it is the same image.

    `hub.example.ru/library/python:3.10.6` is `python:3.10.6`; a name without a registry stays as it is, and so does
    one of a registry with images of its own, whatever they are.
    """
    registry = registry_of(reference)
    if registry is None:
        return reference.removeprefix("library/")
    _registry, _slash, rest = reference.partition("/")
    last = rest.rpartition("/")[2]
    if re.split("[:@]", last)[0] in {re.split(":", known)[0] for known in LAB_BASES}:
        return last
    return reference if registry in _NO_MIRRORS else rest.rpartition("library/")[2]


def nearest(name: str) -> str:
    """Return the base of the lab that stands in for another version of it: `python:3.12-alpine3.20` has the alpine one.

    A name that is no python image, or not one of Linux, stays as it is.
    """
    repository, tag = re.split("[:@]", with_tag(name), maxsplit=1)
    if repository != "python" or "windows" in tag or name in LAB_BASES:
        return name
    variant = next((f"-{word}" for word in ("alpine", "slim") if word in tag), "")
    return f"python:3.10.6{variant}"


def brought() -> Source | None:
    """Return the source of the images that were brought into this lab machine, None where this is none."""
    kind = os.environ.get(BROUGHT)
    return Source(kind, "") if kind else None


def known_size(reference: str) -> int | None:
    """Return the bytes of a base image that is not in this lab machine, None where nobody said."""
    size: int | None = json.loads(os.environ.get(SIZES, "{}")).get(reference)
    return size


def missing(client: DockerClient, source: Source, names: list[str]) -> list[str]:
    """Return those of the official names that the engine has no image for."""
    have = engine.tags_of(client)
    return [name for name in names if source.reference(name) not in have]


def pull(
    source: Source, name: str, say: Callable[[str], None], *, silent_seconds: float = _PULL_SILENT_SECONDS
) -> None:
    """Pull a base image through `source`; `say` is told how far it is; `silent_seconds` without news end it.

    Raises:
        PullError: the registry is out of reach, refuses, or does not have it; what to do is in the message.
        interrupt.Interrupted: Ctrl-C.
    """
    reference = source.reference(name)
    layers: dict[str, tuple[int, int]] = {}
    try:
        for event in stream.events(
            lambda api: api.pull(reference, stream=True, decode=True),
            seconds=_PULL_SECONDS,
            silent_seconds=silent_seconds,
        ):
            if "error" in event:
                raise LabcheckError(event["error"])  # noqa: TRY301 - one place words the refusal
            detail = event.get("progressDetail") or {}
            if event.get("status") == "Downloading" and "total" in detail:
                layers[event["id"]] = (detail["current"], detail["total"])
                done, total = (sum(part) / 1e6 for part in zip(*layers.values(), strict=True))
                say(_("{done:.0f} of {total:.0f} MB").format(done=done, total=total))
            elif event.get("status"):
                say(str(event["status"]))
    except LabcheckError as error:
        reason = str(error)
        said = _("(docker pull {reference}: {reason})").format(reference=reference, reason=reason)
        raise PullError(" ".join((meaning_of(reason, source, name), said)), reason) from error


def meaning_of(reason: str, source: Source, name: str) -> str:
    """Word an engine's reason for not pulling: what it means and what to do."""
    lower = reason.lower()
    if "toomanyrequests" in lower or "rate limit" in lower:
        meaning = _("{where} limits how much you pull. Wait, run docker login, or name a mirror: HUB=mirror.gcr.io.")
    elif "manifest" in lower and ("unknown" in lower or "not found" in lower):
        meaning = _("{where} does not have {name}. Check HUB, or ask whoever runs that registry to add it.")
    elif any(sign in lower for sign in ("denied", "unauthorized", "no basic auth")):
        meaning = _("{where} does not have {name}, or wants you to log in first: docker login.")
    elif any(sign in lower for sign in ("no space left", "disk quota")):
        meaning = _("The engine's disk is full: {name} does not fit. Free some space.")
    elif "http response to https" in lower:
        meaning = _(
            "{where} speaks no TLS, which the engine accepts on 127.0.0.1 only, or after its administrator allows it."
        )
    else:
        meaning = _("{where} is out of reach. Check the network and HUB, or build stand-ins: HUB=standin.")
    return meaning.format(where=source, name=name)
