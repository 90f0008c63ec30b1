"""What several probes want to know, each found out once: the engine, where bases come from, who answers over HTTP."""

from __future__ import annotations

import platform
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import docker.errors
import requests

from labcheck.doctor import addresses
from labcheck.doctor.side_by_side import Once, spread
from labcheck.doctor.web import Address, Answer, ask
from labcheck.engine import connection as engine
from labcheck.i18n import _
from labcheck.images import bases, bundled
from labcheck.images import lab as images
from labcheck.machine import exits

if TYPE_CHECKING:
    from docker import DockerClient

    from labcheck.images.bases import Source
    from labcheck.machine.exits import Registry

ANSWER_SECONDS = 15
SMALLEST_BASE = min(bases.LAB_BASES, key=bases.LAB_BASES.__getitem__)  # the one whose manifest a registry is asked for


class NoEngineError(Exception):
    """No engine answers as one that can be used does; its cause says why."""


@dataclass(frozen=True)
class Engine:
    """The engine that answers: its client, what it says of itself, and when it was asked (Unix time)."""

    client: DockerClient
    info: dict[str, Any]
    version: dict[str, Any]
    asked: float

    @property
    def is_here(self) -> bool:
        """Tell whether it runs on this very machine: a socket may lead to a virtual machine, or out of a container."""
        return engine.is_local() and self.info.get("Name") == platform.node()

    @property
    def is_desktop(self) -> bool:
        """Tell whether it is Docker Desktop's, in a virtual machine of its own."""
        return "Docker Desktop" in str(self.info.get("OperatingSystem"))

    @property
    def is_podman(self) -> bool:
        """Tell whether it is Podman, which answers as an engine does."""
        return any("Podman" in str(part.get("Name")) for part in self.version.get("Components") or [])

    def has_security(self, name: str) -> bool:
        """Tell whether `docker info` lists the security option `name`: rootless, userns, selinux."""
        return any(f"name={name}" in str(option).split(",") for option in self.info.get("SecurityOptions") or [])


class Facts:
    """What is known, found out when it is asked for; `hub` and the ports are the settings of `make up`."""

    def __init__(self, hub: str, keeper_port: int, web_port: int) -> None:
        """Take the settings; nothing is looked at yet."""
        self.hub, self.keeper_port, self.web_port = hub, keeper_port, web_port
        self.engine = Once(self._engine)
        self.has_bundle = Once(self._has_bundle)
        self.at_hand = Once(lambda: images.source_at_hand(self.engine().client, self.hub))
        self.refusal = Once(self._refusal)
        self.indexes = Once(addresses.of_pip)
        self.archives = Once(addresses.of_apt)
        self.registries = Once(self._registries)
        self._asked: dict[Address, Once[Answer]] = {}
        self._lock = threading.Lock()

    @property
    def registry(self) -> Source:
        """The registry of images that HUB names, else Docker Hub; stand-ins where HUB names them."""
        return bases.brought() or bases.parse_hub(self.hub) or bases.HUB

    def engine_if_any(self) -> Engine | None:
        """Return the engine, None where none answers."""
        with suppress(NoEngineError):
            return self.engine()
        return None

    def close(self) -> None:
        """Give the connections to the engine back."""
        engine = self.engine_if_any()
        if engine:
            engine.client.close()

    def ask(self, address: Address) -> Answer:
        """Return what came of asking; nobody is asked twice."""
        with self._lock:
            asked = self._asked.setdefault(address, Once(partial(ask, address)))
        return asked()

    def ask_all(self) -> list[Answer]:
        """Return what came of asking every address that the doctor asks, but for the hosts of pip's files."""
        return spread(self.ask, self.addresses())

    def addresses(self) -> list[Address]:
        """Return them."""
        images_from = addresses.of_images(self.registry)
        return [*self.indexes(), *self.archives(), *([images_from] if images_from else [])]

    def source(self) -> Source:
        """Return where the base images would come from: as `images.choose_source` decides, but nothing is pulled."""
        return self.at_hand() or (bases.STANDIN if self.refusal() else bases.HUB)

    def _has_bundle(self) -> bool:
        """Tell whether bases and packages come out of a bundle that was loaded: no registry is asked then."""
        found = self.engine_if_any()
        return found is not None and bundled.is_used(found.client, self.hub)

    def _registries(self) -> list[Registry]:
        self.indexes()  # what pip was asked is remembered: it is slow to answer
        return exits.registries()

    def _engine(self) -> Engine:
        with ExitStack() as stack:
            try:
                client = engine.connect(seconds=ANSWER_SECONDS)
                stack.callback(client.close)
                found = Engine(client, client.info(), client.version(), time.time())
            except Exception as error:  # whatever it is, there is no engine to work with
                raise NoEngineError(str(error)) from error
            stack.pop_all()  # it stays open
            return found

    def refusal_here(self, registry: Source) -> str:
        """Return why a registry does not answer this machine, empty where it does."""
        address = addresses.of_images(registry)
        answer = self.ask(address) if address else None
        # it may want us to log in first: https://distribution.github.io/distribution/spec/api/#api-version-check
        if answer and answer.status not in {requests.codes.ok, requests.codes.unauthorized}:
            return answer.reason or str(answer.status)
        return ""

    def _refusal(self) -> str:
        """Return why the registry does not let us pull, empty where it does: the engine asks it for one manifest."""
        found = self.engine_if_any()
        if not found or found.is_podman:  # which does not ask
            return self.refusal_here(self.registry)
        try:
            found.client.images.get_registry_data(self.registry.reference(SMALLEST_BASE))
        except docker.errors.APIError as error:
            return str(error.explanation or error)
        except requests.Timeout:
            return _("no answer within {seconds} s").format(seconds=ANSWER_SECONDS)
        except (docker.errors.DockerException, requests.RequestException) as error:
            return str(error)
        return ""
