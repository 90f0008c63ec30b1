"""The lab machine: what keeps it from starting is seen without starting one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from labcheck.doctor import lab_machine
from labcheck.engine import ownership
from labcheck.machine import exits
from labcheck.machine.exits import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine, WebServer

ON_HOST = "ENGINE=host make check"


@pytest.fixture(autouse=True)
def _registries(monkeypatch: pytest.MonkeyPatch, web: WebServer) -> None:
    registry = Registry("http", "127.0.0.1", web.server.server_port)
    monkeypatch.setattr(exits, "registries", lambda: [registry])


def test_on_this_machines_engine_it_starts(
    monkeypatch: pytest.MonkeyPatch, engine: DockerClient, look: Callable[..., Finding]
) -> None:
    """An engine of this very machine, with loop devices, can have one: the tests of the machine start theirs on it."""
    monkeypatch.setenv("DOCKER_HOST", os.environ["DOCKER_HOST"])
    kept = engine.containers.list(all=True, filters={"label": ownership.MACHINE}, ignore_removed=True)
    finding = look("lab-machine")
    assert finding.state == "ok"
    assert finding.found == ("started here before" if kept else "nothing seems to stand in its way")


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ({"OperatingSystem": "Docker Desktop", "Name": "docker-desktop"}, "Docker Desktop"),
        ({"Name": "another.example"}, "is not on this machine"),
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, "no loop devices"),
        ({"SecurityOptions": ["name=userns"]}, "no loop devices"),
    ],
)
def test_an_engine_that_cannot_have_one_is_wrong(
    fake_engine: FakeEngine, look: Callable[..., Finding], info: dict[str, object], found: str
) -> None:
    """On such an engine checks run without a machine, if the instructor says so."""
    assert look("lab-machine").state == "ok"
    fake_engine.info |= info
    finding = look("lab-machine")
    assert (finding.state, finding.command) == ("wrong", ON_HOST)
    assert found in finding.found


def test_an_engine_over_tcp_is_elsewhere(remote_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Whatever its machine is called, the folders of this one are not there."""
    finding = look("lab-machine")
    assert (finding.state, finding.found) == ("wrong", f"the engine is not on this machine: {remote_engine.address}")
    assert look("disk").state == "warning"


def test_podman_cannot_have_one(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """It was made for Docker's engine, and never tried on Podman."""
    fake_engine.version["Components"] = [{"Name": "Podman Engine"}]
    assert (look("lab-machine").state, look("lab-machine").command) == ("wrong", ON_HOST)


@pytest.mark.usefixtures("fake_engine")
def test_without_loop_devices_the_module_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Callable[..., Finding]
) -> None:
    """Its disk is a file behind a loop device."""
    monkeypatch.setattr(lab_machine, "_LOOP", tmp_path / "loop-control")
    finding = look("lab-machine")
    assert (finding.state, finding.command.endswith("modprobe loop")) == ("wrong", True)


def test_selinux_is_a_doubt(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Nobody has tried it with SELinux, and the line does not claim more."""
    fake_engine.info["SecurityOptions"] = ["name=seccomp,profile=builtin", "name=selinux"]
    assert look("lab-machine").state == "warning"


@pytest.mark.usefixtures("fake_engine")
def test_registries_out_of_direct_reach_are_said(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], closed_port: int
) -> None:
    """Its exit goes to the registries directly: where a proxy alone leads there, builds in it have none."""
    monkeypatch.setattr(exits, "registries", lambda: [Registry("https", "127.0.0.1", closed_port)])
    finding = look("lab-machine")
    assert (finding.state, finding.command) == ("warning", ON_HOST)
    assert "would not reach 127.0.0.1" in finding.found
