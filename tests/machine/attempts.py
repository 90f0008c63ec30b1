"""Ways to do something inside a lab machine: those that a student's work has."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import docker.types

from labcheck.engine.containers import inside, put_files
from tests.machine.conftest import ALPINE

if TYPE_CHECKING:
    from labcheck.machine.machine import Machine

Way = Callable[["Machine", list[str]], str]
SECONDS = 4


def in_a_container(lab: Machine, script: str, network: str | None = None) -> str:
    """Run a shell's line in a container and return what it printed, errors too, whether it went well or not."""
    container = lab.client.containers.create(ALPINE, ["sh", "-c", script], network=network)
    try:
        container.start()
        container.wait(timeout=120)
        return bytes(container.logs()).decode()
    finally:
        container.remove(force=True, v=True)


def in_a_network(lab: Machine, script: str) -> str:
    """Run it in a container on a network of the user's, which has IPv6 too."""
    pool = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="fd12:3456::/64")])
    network = lab.client.networks.create(f"n{uuid.uuid4().hex[:8]}", enable_ipv6=True, ipam=pool)
    try:
        return in_a_container(lab, script, str(network.name))
    finally:
        network.remove()


def in_run(lab: Machine, script: str) -> str:
    """Run it in RUN of a build, by the classic builder."""
    return _build(lab, _running(script))


def in_run_of_buildkit(lab: Machine, script: str) -> str:
    """Run it in RUN of a build, by BuildKit."""
    return _buildx(lab, _running(script))


def from_a_container(lab: Machine, urls: list[str]) -> str:
    """Fetch addresses in a container and return all that came."""
    return in_a_container(lab, fetching(urls))


def from_a_network(lab: Machine, urls: list[str]) -> str:
    """Fetch them in a container on a network of the user's."""
    return in_a_network(lab, fetching(urls))


def from_run(lab: Machine, urls: list[str]) -> str:
    """Fetch them in RUN of a build."""
    return in_run(lab, fetching(urls))


def from_run_of_buildkit(lab: Machine, urls: list[str]) -> str:
    """Fetch them in RUN of a build by BuildKit."""
    return in_run_of_buildkit(lab, fetching(urls))


def by_add(lab: Machine, urls: list[str]) -> str:
    """Fetch them by ADD, which the engine itself carries out, one build each."""
    return "".join(_build(lab, _adding(url)) for url in urls)


def by_add_of_buildkit(lab: Machine, urls: list[str]) -> str:
    """Fetch them by BuildKit's ADD."""
    return "".join(_buildx(lab, _adding(url)) for url in urls)


WAYS: list[Way] = [from_a_container, from_a_network, from_run, from_run_of_buildkit, by_add, by_add_of_buildkit]
WITH_IPV6: list[Way] = [from_a_network, by_add, by_add_of_buildkit]  # the engine's bridge of its own has none


def fetching(urls: list[str]) -> str:
    """Return a shell's line that fetches addresses and goes on where one is refused."""
    return "; ".join(f"wget -q -T {SECONDS} -O - '{url}' || echo refused" for url in urls)


def _running(script: str) -> str:
    # the number tells one try from another in the builders' caches
    command = ["sh", "-c", f": {uuid.uuid4().hex}; {script}"]
    return f"FROM {ALPINE}\nRUN {json.dumps(command)}\n"


def _adding(url: str) -> str:
    return f"FROM {ALPINE}\nADD {url} /got\nRUN : {uuid.uuid4().hex}; cat /got\n"


def _build(lab: Machine, dockerfile: str) -> str:
    events = lab.client.api.build(fileobj=io.BytesIO(dockerfile.encode()), rm=True, forcerm=True, decode=True)
    return "".join(str(event.get("stream", event.get("error", ""))) for event in events)


def _buildx(lab: Machine, dockerfile: str) -> str:
    folder = f"/tmp/{uuid.uuid4().hex}"  # noqa: S108 - in the machine
    assert inside(lab.container, "mkdir", folder)[0] == 0
    put_files(lab.container, folder, {"Dockerfile": dockerfile.encode()})
    return inside(lab.container, "docker", "buildx", "build", "--progress=plain", folder)[1]
