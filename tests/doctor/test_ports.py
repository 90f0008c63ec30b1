"""The ports of `make up`: taken by a program, by a container, forbidden, or our own."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import psutil
import pytest

from labcheck.doctor import ports
from labcheck.engine import ownership

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume

    from labcheck.doctor.finding import Finding
    from tests.conftest import Start
    from tests.doctor.conftest import FakeEngine


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


@pytest.mark.parametrize("host", ["as it is", "unix:///nowhere.sock"])
def test_a_program_that_holds_a_port_is_named(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], taken: int, host: str
) -> None:
    """Who listens is told with process and name, engine or not; another port is offered by its setting."""
    if host != "as it is":
        monkeypatch.setenv("DOCKER_HOST", host)
    other = taken + 1000 if taken + 1000 < 2**16 else taken - 1000
    finding = look("keeper-port", keeper_port=taken)
    assert finding.state == "wrong"
    assert f"{taken} is taken by process {os.getpid()} (" in finding.found
    assert finding.command == f"make up PORT={other}"
    assert look("web-port", web_port=taken).command == f"make up WEB_PORT={other}"


def test_where_listeners_are_hidden_the_port_itself_is_asked(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], taken: int, closed_port: int
) -> None:
    """MacOS tells root alone who listens: that somebody does is still found."""

    def refuse(_kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    assert look("web-port", web_port=taken).found == f"{taken} is taken by another program"
    assert look("web-port", web_port=closed_port).state == "ok"


def test_a_container_that_holds_a_port_is_named(
    start: Start, base: Callable[[str], str], look: Callable[..., Finding], closed_port: int
) -> None:
    """A container of somebody's is told by its name."""
    container = start(base("nginx:latest"), ports={"80/tcp": ("127.0.0.1", closed_port)})
    finding = look("keeper-port", keeper_port=closed_port)
    assert (finding.state, finding.found) == ("wrong", f"{closed_port} is taken by container {container.name}")


def test_our_own_service_stands_in_nobodys_way(
    engine: DockerClient,
    leavings: list[Container | Network | Volume],
    base: Callable[[str], str],
    look: Callable[..., Finding],
    closed_port: int,
) -> None:
    """A port that the keeper of an earlier `make up` holds is not taken."""
    labels = {**ownership.run_labels(), ownership.SERVICE: "up"}
    ports = {"80/tcp": ("127.0.0.1", closed_port)}
    container = engine.containers.create(base("nginx:latest"), labels=labels, ports=ports, detach=True)
    leavings.append(container)
    container.start()
    assert look("keeper-port", keeper_port=closed_port).state == "ok"


@pytest.mark.usefixtures("remote_engine")
def test_who_listens_here_is_nothing_to_an_engine_elsewhere(look: Callable[..., Finding], taken: int) -> None:
    """An engine over TCP publishes ports on its own machine."""
    assert look("keeper-port", keeper_port=taken).state == "ok"


def test_a_rootless_engine_may_not_take_port_80(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_engine: FakeEngine, look: Callable[..., Finding]
) -> None:
    """Ports below the kernel's bound are wrong for a rootless engine, with the setting that lowers it."""
    bound = tmp_path / "ip_unprivileged_port_start"
    bound.write_text("1024\n")
    monkeypatch.setattr(ports, "_FIRST_FREE", bound)
    monkeypatch.setattr(psutil, "net_connections", lambda _kind: [])
    fake_engine.info["SecurityOptions"] = ["name=seccomp,profile=builtin", "name=rootless"]
    finding = look("keeper-port", keeper_port=80)
    assert finding.state == "wrong"
    assert finding.command.endswith("sysctl -w net.ipv4.ip_unprivileged_port_start=80")
    assert look("web-port", web_port=8080).state == "ok"
    bound.write_text("80\n")
    assert look("keeper-port", keeper_port=80).state == "ok"
