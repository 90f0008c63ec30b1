"""The lab's two services, up and answering: the keeper with its database (steps 140-143), nginx with the page (81-83).

They are called what the lab calls them; a name or a port that somebody else holds is said, never taken.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import docker.errors
import requests
from testcontainers.core.docker_client import DockerClient as TestcontainersClient

from labcheck import conflicts
from labcheck.conflicts import NETWORK, VOLUME, Service
from labcheck.engine.containers import inside, wait_until
from labcheck.engine.ownership import SERVICE, is_ours
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

    from labcheck.images.bases import Source

    Say = Callable[[str], None]

DATABASE_PASSWORD = "123"  # noqa: S105 - the lab's, step 140
KEEPER_PORT, WEB_PORT = 80, 8080
_CONFIGURATION = "labcheck.service.configuration"
_READY_SECONDS = 90
_STOP_SECONDS = 30
_REQUEST_SECONDS = 5


def wanted(source: Source, keeper_port: int, web_port: int) -> list[Service]:
    """Return the services in the order in which they start."""
    return [
        Service(
            "db",
            source.reference("mysql:8.4"),
            options={
                "network": NETWORK,
                "environment": {"MYSQL_ROOT_PASSWORD": DATABASE_PASSWORD},
                "volumes": {VOLUME: {"bind": "/var/lib/mysql", "mode": "rw"}},
            },
        ),
        Service("keeper", "var_keeper:latest", (keeper_port, 5000), {"network": NETWORK}),
        Service(
            "web",
            source.reference("nginx:latest"),
            (web_port, 80),
            {"volumes": {str(CHECKOUT / "content"): {"bind": "/usr/share/nginx/html", "mode": "ro"}}},
        ),
    ]


def up(client: DockerClient, source: Source, keeper_port: int, web_port: int, say: Say) -> list[str]:
    """Start what is not running yet and return the addresses at which the services answer.

    Raises:
        LabcheckError: an image is missing, a name or a port is somebody else's, or a service does not answer. What this
            call started is then removed again; the volume stays.
    """
    services = wanted(source, keeper_port, web_port)
    conflicts.refuse_missing_images(client, services)
    conflicts.refuse_foreign_names(client, services)
    conflicts.refuse_taken_ports(client, services)
    _network(client)
    _volume(client)
    fresh: list[Container] = []
    addresses = []
    try:
        for service in services:
            container = _running(client, service, fresh)
            if service.name == "db":
                say(_("db: waiting until it answers …"))
                wait_until(container, partial(_answers_sql, container), _("it answers"), _READY_SECONDS)
            if service.published:
                say(_("{name}: waiting until it answers …").format(name=service.name))
                addresses.append(_wait_http(container, service))
    except BaseException:
        for container in reversed(fresh):
            container.remove(force=True, v=True)
        raise
    return addresses


def down(client: DockerClient, say: Say, *, volumes: bool = False) -> None:
    """Stop and remove the services; the volume with the values stays unless `volumes`."""
    for container in client.containers.list(all=True, filters={"label": SERVICE}, ignore_removed=True):
        if is_ours(client, container, SERVICE):
            container.stop(timeout=_STOP_SECONDS)
            container.remove(v=True)
            say(_("removed container {name}").format(name=container.name))
    for network in client.networks.list(filters={"label": SERVICE}):
        network.reload()
        if network.containers:
            names = ", ".join(container.name or "" for container in network.containers)
            say(_("network {name} stays: {names} use it").format(name=network.name, names=names))
        else:
            network.remove()
            say(_("removed network {name}").format(name=network.name))
    for volume in client.volumes.list(filters={"label": SERVICE}):
        if not volumes:
            say(
                _("volume {name} stays, with the values in it; make down VOLUMES=1 removes it").format(name=volume.name)
            )
            continue
        users = client.containers.list(all=True, filters={"volume": volume.name}, ignore_removed=True)
        if users:
            names = ", ".join(container.name or "" for container in users)
            say(_("volume {name} stays: {names} use it").format(name=volume.name, names=names))
        else:
            volume.remove()
            say(_("removed volume {name}").format(name=volume.name))


def _network(client: DockerClient) -> None:
    if not any(network.name == NETWORK for network in client.networks.list(names=[NETWORK])):
        client.networks.create(NETWORK, labels={SERVICE: "up"}, check_duplicate=True)


def _volume(client: DockerClient) -> None:
    if not any(volume.name == VOLUME for volume in client.volumes.list(filters={"name": VOLUME})):
        client.volumes.create(VOLUME, labels={SERVICE: "up"})


def _running(client: DockerClient, service: Service, fresh: list[Container]) -> Container:
    """Return the service's container, running; one that was made from something else is replaced."""
    configuration = service.configuration(client)
    container = conflicts.find(client, service.name)
    if container and container.labels.get(_CONFIGURATION) == configuration:
        if container.status != "running":
            container.start()
        return container
    if container:
        container.stop(timeout=_STOP_SECONDS)
        container.remove(v=True)
    ports = {f"{service.published[1]}/tcp": service.published[0]} if service.published else {}
    container = client.containers.create(
        service.image,
        name=service.name,
        labels={SERVICE: "up", _CONFIGURATION: configuration},
        ports=ports,
        detach=True,
        **service.options,
    )
    fresh.append(container)
    try:
        container.start()
    except docker.errors.APIError as error:
        text = str(error.explanation or error)
        if service.published and ("already allocated" in text or "already in use" in text):
            raise LabcheckError(conflicts.port_taken(service, service.published[0], _("another program"))) from error
        raise LabcheckError(
            _("The engine does not start {name}: {reason}").format(name=service.name, reason=text)
        ) from error
    return container


def _answers_sql(database: Container) -> bool:
    """Tell whether the server answers over TCP: the first start's temporary server has only the socket."""
    command = ["mysqladmin", "ping", "--host=127.0.0.1", "--user=root", "--silent"]
    try:
        return inside(database, *command, environment={"MYSQL_PWD": DATABASE_PASSWORD})[0] == 0
    except docker.errors.APIError:  # the container has just stopped: the wait sees it
        return False


def _wait_http(container: Container, service: Service) -> str:
    """Return the address at which a published service answers, as seen from here."""
    port = service.published[0] if service.published else 0
    hosts = dict.fromkeys(["127.0.0.1", TestcontainersClient().host()])
    path = "healthz" if service.name == "keeper" else ""
    found: list[str] = []
    browser = requests.Session()
    browser.trust_env = False  # a proxy of this machine's does not know its own addresses

    def answers() -> bool:
        for host in hosts:
            address = f"http://{host}:{port}/"
            try:
                if browser.get(address + path, timeout=_REQUEST_SECONDS).status_code < requests.codes.server_error:
                    found.append(address)
                    return True
            except requests.RequestException:
                continue
        return False

    wait_until(container, answers, _("it answers on port {port}").format(port=port), _READY_SECONDS)
    return found[0].replace("127.0.0.1", "localhost")
