"""`make up` and `make down`: the lab's two services, answering; what is somebody else's is said and kept."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.commands.conftest import SecondEngine

ALPINE = "127.0.0.1:5000/hub/library/python:3.10.6-alpine"


def free_port() -> str:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture(scope="module")
def ports() -> dict[str, str]:
    """Free ports for the two services."""
    return {"PORT": free_port(), "WEB_PORT": free_port()}


@pytest.fixture(scope="module")
def built(second_engine: SecondEngine) -> Iterator[SecondEngine]:
    """The second engine with the lab's images."""
    code, output = second_engine.labcheck("build-all")
    assert code == 0, output
    yield second_engine
    second_engine.labcheck("clean")


@pytest.fixture
def down(built: SecondEngine) -> Iterator[SecondEngine]:
    """The second engine with the lab's images and no service, also afterwards."""
    built.labcheck("down", VOLUMES="1")
    yield built
    built.labcheck("down", VOLUMES="1")


def names(second: SecondEngine) -> dict[str, str]:
    """Return the ids of the running containers by name."""
    return {str(container.name): str(container.id) for container in second.client.containers.list()}


def variable(second: SecondEngine, ports: dict[str, str]) -> str:
    """Return the address of the variable `a` (lab step 142)."""
    return f"http://{second.address}:{ports['PORT']}/var/a"


def test_up_gives_two_services_that_answer(down: SecondEngine, ports: dict[str, str]) -> None:
    """After `make up` the keeper keeps a value (steps 142, 143) and nginx shows the page (82, 83)."""
    code, output = down.labcheck("up", **ports)
    assert code == 0, output
    assert f":{ports['PORT']}/var/a" in output
    assert requests.post(variable(down, ports), data={"value": "one"}, timeout=5).text == "OK"
    assert requests.get(variable(down, ports), timeout=5).text == "one"
    page = requests.get(f"http://{down.address}:{ports['WEB_PORT']}/", timeout=5)
    assert '<h1 style="color: red">' in page.text


@pytest.mark.slow
def test_up_twice_is_harmless(down: SecondEngine, ports: dict[str, str]) -> None:
    """A second `make up` leaves the running containers as they are."""
    assert down.labcheck("up", **ports)[0] == 0
    before = names(down)
    assert down.labcheck("up", **ports)[0] == 0
    assert names(down) == before
    assert sorted(before) == ["db", "keeper", "web"]


@pytest.mark.slow
def test_up_with_other_ports_moves_the_services(down: SecondEngine, ports: dict[str, str]) -> None:
    """`make up PORT=…` while it is up replaces what must change and keeps the database running."""
    assert down.labcheck("up", **ports)[0] == 0
    before = names(down)
    moved = {"PORT": free_port(), "WEB_PORT": ports["WEB_PORT"]}
    assert down.labcheck("up", **moved)[0] == 0
    after = names(down)
    assert (after["db"], after["web"]) == (before["db"], before["web"])
    assert after["keeper"] != before["keeper"]
    assert requests.get(variable(down, moved), timeout=5).status_code == 404


@pytest.mark.slow
def test_down_keeps_the_values_and_says_so(down: SecondEngine, ports: dict[str, str]) -> None:
    """`make down` keeps the volume, and the next `make up` finds the values; VOLUMES=1 removes it."""
    assert down.labcheck("up", **ports)[0] == 0
    assert requests.post(variable(down, ports), data={"value": "kept"}, timeout=5).text == "OK"
    code, output = down.labcheck("down")
    assert code == 0
    assert "volume vars stays" in output
    assert names(down) == {}
    assert down.labcheck("up", **ports)[0] == 0
    assert requests.get(variable(down, ports), timeout=5).text == "kept"
    code, output = down.labcheck("down", VOLUMES="1")
    assert "removed volume vars" in output
    assert down.client.volumes.list() == []
    assert [network.name for network in down.client.networks.list(names=["net"])] == []


def test_somebodys_container_is_said_and_kept(down: SecondEngine, ports: dict[str, str]) -> None:
    """A foreign container called keeper stops `make up` before anything is started."""
    foreign = down.client.containers.create(ALPINE, name="keeper")
    try:
        code, output = down.labcheck("up", **ports)
        assert code == 2
        assert "A container called keeper is already there" in " ".join(output.split())
        assert names(down) == {}
        foreign.reload()
    finally:
        foreign.remove()


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_somebodys_network_or_volume_is_said_and_kept(down: SecondEngine, ports: dict[str, str], kind: str) -> None:
    """A foreign network net, or a volume vars with somebody's values, stops `make up`."""
    foreign = (
        down.client.networks.create("net", driver="bridge") if kind == "network" else down.client.volumes.create("vars")
    )
    try:
        code, output = down.labcheck("up", **ports)
        assert code == 2
        assert f"A {kind} called {'net' if kind == 'network' else 'vars'} is already there" in " ".join(output.split())
        assert names(down) == {}
        foreign.reload()
    finally:
        foreign.remove()


def test_a_port_held_by_a_container_is_named(down: SecondEngine, ports: dict[str, str]) -> None:
    """The message names the container that holds the port and the setting that chooses another."""
    foreign = down.client.containers.run(
        ALPINE, ["sleep", "300"], name="squatter", ports={"80/tcp": int(ports["WEB_PORT"])}, detach=True, init=True
    )
    try:
        code, output = down.labcheck("up", **ports)
        assert code == 2
        assert "is taken by container squatter" in " ".join(output.split())
        assert f"make up WEB_PORT={int(ports['WEB_PORT']) + 1000}" in " ".join(output.split())
        assert list(names(down)) == ["squatter"]
    finally:
        foreign.remove(force=True, v=True)


def test_a_port_held_by_a_process_is_named(down: SecondEngine, ports: dict[str, str]) -> None:
    """A program of this machine on the keeper's port is named before anything is started."""
    with socket.socket() as squatter:
        squatter.bind(("0.0.0.0", 0))  # noqa: S104 - as a server would
        squatter.listen()
        port = str(squatter.getsockname()[1])
        code, output = down.labcheck("up", **{**ports, "PORT": port})
    assert code == 2
    assert f"Port {port}, on which keeper is to answer, is taken by process" in " ".join(output.split())
    assert names(down) == {}


@pytest.mark.slow
def test_a_keeper_that_dies_is_said_with_its_last_lines(down: SecondEngine, ports: dict[str, str]) -> None:
    """A service that stops ends `make up` at once with its exit code and last words; what was started is removed."""
    good = down.client.images.get("var_keeper:latest")
    broken = down.client.containers.run("var_keeper:latest", ["-c", "pass"], detach=True)
    try:
        broken.wait(timeout=60)
        broken.commit("var_keeper", "latest", conf={"Cmd": ["-c", "import sys; sys.exit('no luck')"]})
        code, output = down.labcheck("up", **ports)
        assert code == 2
        assert "keeper stopped (exit code 1)" in " ".join(output.split())
        assert "no luck" in output
        assert names(down) == {}
    finally:
        broken.remove(force=True, v=True)
        good.tag("var_keeper:latest")


def test_without_images_up_says_how_to_build_them(second_engine: SecondEngine, ports: dict[str, str]) -> None:
    """`up` on an engine without the lab's images names the command that makes them."""
    second_engine.labcheck("clean")
    code, output = second_engine.labcheck("up", **ports)
    assert code == 2
    assert "make build-all" in output
