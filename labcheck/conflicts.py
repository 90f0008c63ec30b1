"""What stands in the way of `make up`: a missing image, a name or a port that is somebody else's. Said, never taken."""

from __future__ import annotations

import hashlib
import json
import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

from labcheck.engine import connection as engine
from labcheck.engine.ownership import SERVICE, is_ours
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

NETWORK, VOLUME = "net", "vars"
_ANSWER_SECONDS = 2


@dataclass(frozen=True)
class Service:
    """A container of `make up`. `options` are docker-py's; `published`: the port on the host and the one inside."""

    name: str
    image: str
    published: tuple[int, int] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def configuration(self, client: DockerClient) -> str:
        """Return a digest of all that a container of it is made from; another one means another container."""
        image = client.images.get(self.image).id
        text = json.dumps([image, self.published, self.options], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def find(client: DockerClient, name: str) -> Container | None:
    """Return the container of that very name, None where there is none.

    The engine's own look-up takes the beginning of an id too, and some begin with `db`.
    """
    found = client.containers.list(all=True, filters={"name": f"^/?{re.escape(name)}$"}, ignore_removed=True)
    return found[0] if found else None


def refuse_missing_images(client: DockerClient, services: list[Service]) -> None:
    """Stop if an image is not on the engine.

    Raises:
        LabcheckError: it is not.
    """
    have = engine.tags_of(client)
    for service in services:
        if service.image not in have:
            raise LabcheckError(
                _("The image {image} is not here yet. Build it first: make build-all").format(image=service.image)
            )


def refuse_foreign_names(client: DockerClient, services: list[Service]) -> None:
    """Stop if a container, the network or the volume of that name is there and is not ours.

    Raises:
        LabcheckError: it is.
    """
    for service in services:
        container = find(client, service.name)
        if container and not is_ours(client, container, SERVICE):
            raise LabcheckError(
                _(
                    "A container called {name} is already there, and it is not ours. Remove it (docker rm -f {name}) "
                    "or rename it (docker rename {name} my_{name}), then run this again."
                ).format(name=service.name)
            )
    for network in client.networks.list(names=[NETWORK]):
        if network.name == NETWORK and SERVICE not in (network.attrs.get("Labels") or {}):
            raise LabcheckError(
                _(
                    "A network called {name} is already there, and it is not ours. "
                    "Remove it (docker network rm {name}), then run this again."
                ).format(name=NETWORK)
            )
    for volume in client.volumes.list(filters={"name": VOLUME}):
        if volume.name == VOLUME and SERVICE not in (volume.attrs.get("Labels") or {}):
            raise LabcheckError(
                _(
                    "A volume called {name} is already there, and it is not ours. Look whether you need it, remove it "
                    "(docker volume rm {name}), then run this again."
                ).format(name=VOLUME)
            )


def refuse_taken_ports(client: DockerClient, services: list[Service]) -> None:
    """Stop before anything is started if a port is taken; our own containers may hold it.

    Raises:
        LabcheckError: it is, with who holds it and how to choose another.
    """
    for service in services:
        port = service.published[0] if service.published else None
        who = holder(client, port) if port else None
        if port and who:
            raise LabcheckError(port_taken(service, port, who))


def holder(client: DockerClient | None, port: int) -> str | None:
    """Return who holds a port, None where it is free or our own services' container has it.

    Without a client, which is where no engine answers, this machine's processes alone are asked.
    """
    if client:
        for container in client.containers.list(ignore_removed=True):
            bound = [binding for bindings in (container.ports or {}).values() for binding in bindings or []]
            if any(int(binding["HostPort"]) == port for binding in bound):
                is_mine = is_ours(client, container, SERVICE)
                return None if is_mine else _("container {name}").format(name=container.name)
        if not engine.is_local():  # who listens here is nothing to an engine elsewhere
            return None
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return _process_name(connection.pid)
    except psutil.AccessDenied:  # macOS shows them to root only
        with socket.socket() as probe:
            probe.settimeout(_ANSWER_SECONDS)
            return _("another program") if probe.connect_ex(("127.0.0.1", port)) == 0 else None
    return None


def port_taken(service: Service, port: int, who: str) -> str:
    """Return the sentence for a port that `who` holds."""
    setting = "PORT" if service.name == "keeper" else "WEB_PORT"
    return _(
        "Port {port}, on which {name} is to answer, is taken by {who}. Choose another: make up {setting}={other}"
    ).format(port=port, name=service.name, who=who, setting=setting, other=port + 1000)


def _process_name(pid: int | None) -> str:
    try:
        return _("process {pid} ({name})").format(pid=pid, name=psutil.Process(pid).name()) if pid else _("a process")
    except psutil.Error:
        return _("a process")
