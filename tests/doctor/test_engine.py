"""The engine that answers: which one it is, how it builds, stacks layers and bounds containers."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from labcheck.doctor import commands
from tests.doctor.conftest import assert_shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine


def test_the_engine_is_named_with_its_address(
    monkeypatch: pytest.MonkeyPatch, engine: DockerClient, look: Callable[..., Finding]
) -> None:
    """The line has version, API and address of the engine that answers."""
    version = engine.version()
    monkeypatch.setenv("DOCKER_HOST", os.environ["DOCKER_HOST"])  # as connect leaves it
    finding = look("engine")
    assert f"Docker Engine {version['Version']}, API {version['ApiVersion']}" in finding.found
    assert finding.found.endswith(os.environ["DOCKER_HOST"])
    assert look("image-store").state == "ok"
    assert engine.info()["Driver"] in look("storage-driver").found
    assert f"version {engine.info()['CgroupVersion']}" in look("cgroup").found


def test_podman_is_said(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """podman-docker answers as an engine does and is not one: a warning, with the package of Docker's own."""
    fake_engine.version["Components"] = [{"Name": "Podman Engine", "Version": "5.2.5"}]
    finding = look("engine")
    assert finding.state == "warning"
    assert finding.found.startswith("Podman answers")
    assert_shell(finding.command)


def test_snap_is_said(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Docker by snap shows empty folders from outside the home folder (lab step 5)."""
    fake_engine.info["DockerRootDir"] = "/var/snap/docker/common/var-lib-docker"
    finding = look("engine")
    assert (finding.state, "snap remove docker" in finding.command) == ("warning", True)


def test_windows_containers_are_wrong(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """An engine that is switched to containers of Windows runs none of the lab's."""
    fake_engine.info["OSType"] = "windows"
    finding = look("engine")
    assert (finding.state, "-SwitchLinuxEngine" in finding.command) == ("wrong", True)


@pytest.mark.parametrize(
    ("driver", "status", "state", "found"),
    [
        ("overlay2", [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]], "ok", "overlay2 on extfs"),
        ("overlayfs", [["driver-type", "io.containerd.snapshotter.v1"]], "ok", "overlayfs"),
        ("vfs", [], "warning", "vfs: each layer is a copy"),
        ("aufs", [], "warning", "aufs: it was not tried"),
        ("overlay2", [["Backing Filesystem", "xfs"], ["Supports d_type", "false"]], "wrong", "overlay2 on xfs: "),
    ],
)
def test_storage_drivers_that_cost_are_said(  # noqa: PLR0913, PLR0917 - its cases
    fake_engine: FakeEngine, look: Callable[..., Finding], driver: str, status: list[list[str]], state: str, found: str
) -> None:
    """The driver vfs and those of the past are warnings, a file system without d_type is wrong."""
    fake_engine.info |= {"Driver": driver, "DriverStatus": status}
    finding = look("storage-driver")
    assert (finding.state, finding.found.startswith(found)) == (state, True), finding
    assert bool(finding.command) == (state != "ok")


def test_the_containerd_image_store_is_named(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Its sizes are others than those of the tables here, which the line says."""
    fake_engine.info["DriverStatus"] = [["driver-type", "io.containerd.snapshotter.v1"]]
    assert "containerd" in look("image-store").found
    fake_engine.info["DriverStatus"] = []
    assert "containerd" not in look("image-store").found


@pytest.mark.parametrize(("limit", "word"), [("MemoryLimit", "memory"), ("PidsLimit", "processes")])
@pytest.mark.parametrize("security", [[], ["name=rootless"]])
def test_cgroups_that_bound_nothing_are_said(
    fake_engine: FakeEngine, look: Callable[..., Finding], limit: str, word: str, security: list[str]
) -> None:
    """Where memory or processes cannot be limited, the line names which, and how a kernel or systemd is told."""
    fake_engine.info |= {limit: False, "SecurityOptions": security}
    finding = look("cgroup")
    assert (finding.state, finding.found.endswith(word)) == ("warning", True)
    assert ("Delegate=" if security else "cgroup_enable=memory") in finding.command
    assert_shell(finding.command)


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with nothing on it yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(file: Path, script: str) -> None:
    """Write a shell script that can be run."""
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.usefixtures("fake_engine")
def test_a_missing_docker_command_is_said(path: Path, look: Callable[..., Finding]) -> None:
    """The tool does without the docker command, the lab's steps do not; the package is one that apt knows."""
    assert look("builder").state == "warning"
    program(path / "apt-cache", '[ "$2" = docker-ce-cli ] && echo Package: docker-ce-cli')
    finding = look("builder")
    assert "no docker command" in finding.found
    assert finding.command.endswith("apt-get install docker-ce-cli")


@pytest.mark.usefixtures("fake_engine")
@pytest.mark.parametrize(
    ("version", "buildx", "state", "found"),
    [
        (
            "Docker version 28.0.4, build b8034c0",
            "echo github.com/docker/buildx v0.22.0 18ccba0",
            "ok",
            "buildx v0.22.0",
        ),
        ("Docker version 28.0.4, build b8034c0", "exit 1", "warning", "has no buildx"),
        ("Docker version 20.10.24+dfsg1, build 297e128", "exit 1", "ok", "BuildKit built in"),
    ],
)
def test_the_builder_of_the_docker_command_is_told(  # noqa: PLR0913, PLR0917 - its cases
    path: Path, look: Callable[..., Finding], version: str, buildx: str, state: str, found: str
) -> None:
    """A docker command without buildx builds with the classic builder; one before 23 has BuildKit's client inside."""
    program(path / "docker", f'case "$1" in --version) echo "{version}" ;; *) {buildx} ;; esac')
    finding = look("builder")
    assert (finding.state, found in finding.found) == (state, True)
    assert finding.found.startswith("BuildKit is the engine's default")


def test_a_docker_command_that_hangs_costs_its_limit(path: Path) -> None:
    """What a command prints is waited for with a limit."""
    program(path / "docker", "exec /bin/sleep 600")
    began = time.monotonic()
    assert commands.output("docker", "--version", seconds=0.5) is None
    assert time.monotonic() - began < 30


def test_an_engine_with_settings_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_engine: FakeEngine, look: Callable[..., Finding]
) -> None:
    """The command for a setting writes daemon.json where there is none; else the setting is to be added."""
    monkeypatch.setattr(commands, "_SYSTEM_SETTINGS", tmp_path / "docker" / "daemon.json")
    fake_engine.info |= {"Driver": "vfs", "DriverStatus": []}
    fresh = look("storage-driver")
    assert '{"storage-driver": "overlay2"}' in fresh.command
    assert_shell(fresh.command)
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "daemon.json").write_text("{}")
    kept = look("storage-driver")
    assert '"overlay2"' in kept.advice
    assert "daemon.json" not in kept.command
    assert_shell(kept.command)
