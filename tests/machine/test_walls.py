"""Nothing leaves the lab machine: each attempt is made with the wall, and without it, to see that it can succeed."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING

import docker.errors
import docker.types
import pytest

from labcheck.checks.testbed import LabContainer
from labcheck.engine import ownership
from labcheck.engine.containers import inside, wait_until
from labcheck.machine import exits
from tests.machine.attempts import WAYS, WITH_IPV6, fetching, from_a_container, from_run_of_buildkit, in_a_container
from tests.machine.conftest import ALPINE, SECRET, answering, without_walls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from labcheck.machine.machine import Machine
    from tests.machine.attempts import Way

METADATA = "169.254.169.254"  # where clouds keep a machine's secrets
IPV6 = "fd98:7654::1"


@pytest.fixture(scope="module")
def roads(engine: DockerClient, lab: Machine, listener: int, base: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """Addresses outside: what each is, and a URL there that answers SECRET."""
    gateway = str(lab.container.attrs["NetworkSettings"]["Gateway"])
    name = f"labcheck-{uuid.uuid4().hex[:12]}"
    pools = [
        docker.types.IPAMPool(subnet="169.254.169.0/24", gateway=METADATA),
        docker.types.IPAMPool(subnet="fd98:7654::/64", gateway=IPV6),
    ]
    config = docker.types.IPAMConfig(pool_configs=pools)
    outside = engine.networks.create(name, ipam=config, enable_ipv6=True, labels=ownership.run_labels())
    try:
        outside.connect(lab.container)
        # a container on a network of the user's is given another name server
        assert inside(lab.container, "sh", "-c", f"echo nameserver {exits.ADDRESS} > /etc/resolv.conf")[0] == 0
        with LabContainer(base(ALPINE), command=answering(8000)) as other:
            yield {
                "the host": f"http://{gateway}:{listener}/",
                "the host by another address": f"http://{_own_address()}:{listener}/",
                "somebody's container": f"http://{other.address}:8000/",
                "metadata, link-local": f"http://{METADATA}:{listener}/",
                "the host by IPv6": f"http://[{IPV6}]:{listener}/",
            }
    finally:
        outside.disconnect(lab.container)
        outside.remove()


@pytest.mark.outside("that without the walls every address outside is reached")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_outside_is_reached(lab: Machine, roads: dict[str, str], way: Way) -> None:
    """With the walls no address outside answers; without them each does, so the attempt is a real one."""
    urls = [url for url in roads.values() if way in WITH_IPV6 or "[" not in url]
    assert SECRET not in way(lab, urls)
    with without_walls(lab):
        seen = way(lab, urls)
    assert seen.count(SECRET) == len(urls), seen


@pytest.mark.parametrize("way", [from_a_container, from_run_of_buildkit], ids=lambda way: way.__name__)
def test_the_machine_itself_is_not_reached(lab: Machine, way: Way) -> None:
    """Whatever listens in the machine, an engine's API for one, is out of reach for its containers."""
    own = [address for address in inside(lab.container, "hostname", "-I")[1].split() if ":" not in address]
    assert lab.address in own
    urls = [f"http://{address}:2375/" for address in (*own, exits.ADDRESS)]
    lab.container.exec_run(answering(2375), detach=True)
    wait_until(lab.container, lambda: ":0947 " in inside(lab.container, "cat", "/proc/net/tcp")[1], "it listens")
    assert SECRET not in way(lab, urls)
    with without_walls(lab):
        assert way(lab, urls).count(SECRET) == len(urls)


def test_no_image_registry_is_reached(lab: Machine, listener: int) -> None:
    """`docker pull` and FROM find neither Docker Hub nor a registry in the host's network."""
    gateway = str(lab.container.attrs["NetworkSettings"]["Gateway"])
    pull = ["docker", "pull", f"{gateway}:{listener}/evil"]
    assert "connection refused" in inside(lab.container, *pull)[1]
    with without_walls(lab):
        assert "connection refused" not in inside(lab.container, *pull)[1]
    code, output = inside(lab.container, "docker", "pull", "hello-world")
    assert code != 0
    assert "no such host" in output


def test_containers_do_not_see_each_other(lab: Machine) -> None:
    """On the engine's own bridge no container reaches another; on a network made for both it does."""
    made = lab.client.networks.create(f"n{uuid.uuid4().hex[:8]}")
    other = lab.client.containers.run(ALPINE, answering(8000), detach=True)
    try:
        made.connect(other)
        other.reload()
        networks = other.attrs["NetworkSettings"]["Networks"]
        on_bridge, on_made = (f"http://{networks[name]['IPAddress']}:8000/" for name in ("bridge", made.name))
        assert SECRET not in from_a_container(lab, [on_bridge])
        assert SECRET in in_a_container(lab, fetching([on_made]), str(made.name))
    finally:
        other.remove(force=True, v=True)
        made.remove()


def test_root_is_nobody_outside(lab: Machine) -> None:
    """Who is root in a container is, for the machine's kernel, a user without rights; no option gives more."""
    running = lab.client.containers.run(ALPINE, ["sleep", "600"], detach=True)
    try:
        (process,) = running.top(ps_args="-o pid,uid")["Processes"]
        assert process[1] == "100000"
    finally:
        running.remove(force=True, v=True)
    for option in ({"privileged": True}, {"network_mode": "host"}):
        with pytest.raises(docker.errors.APIError, match="user namespace"):
            lab.client.containers.run(ALPINE, ["true"], remove=True, **option)


def _own_address() -> str:
    """Return this host's address on its way to the world."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nothing_is_sent:
        nothing_is_sent.connect(("203.0.113.1", 9))
        return str(nothing_is_sent.getsockname()[0])
