"""No engine: the line says why, with the one command that mends it here, and the others are not mistaken for faults."""

from __future__ import annotations

import getpass
import grp
import hashlib
import os
import platform
import re
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest

from labcheck.doctor import unreachable
from labcheck.doctor.facts import Facts
from labcheck.doctor.probes import PROBES
from labcheck.doctor.running import examine
from labcheck.engine import connection as engine
from labcheck.engine import host
from tests.doctor.conftest import assert_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine

NOBODY = 65534


def test_a_socket_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding]) -> None:
    """DOCKER_HOST that names nothing is wrong; unsetting it gives this machine's own engine."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    finding = look("engine")
    assert finding.state == "wrong"
    assert finding.found == "no engine answers at unix:///nowhere/docker.sock: there is no such socket"
    assert finding.command == "unset DOCKER_HOST"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:{closed}", "connection refused"),
        ("tcp://127.0.0.1:{silent}", "no answer within"),
        ("tcp://127.0.0.1:port", "'port'"),
        ("ssh://nobody@127.0.0.1:{closed}", "ssh"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_engine_that_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], ports: dict[str, int], address: str, reason: str
) -> None:
    """Refused, silent, misspelt: each is a line with its reason, never an error of ours."""
    monkeypatch.setattr(engine, "_ANSWER_SECONDS", 1)
    where = address.format(**ports)
    monkeypatch.setenv("DOCKER_HOST", where)
    finding = look("engine")
    assert finding.state == "wrong"
    assert finding.found.startswith(f"no engine answers at {where}: ")
    assert reason in finding.found.removeprefix(f"no engine answers at {where}: ")
    assert finding.command == "unset DOCKER_HOST"


@pytest.fixture
def ports(closed_port: int, silent_port: int) -> dict[str, int]:
    """A port that is closed, and one on which nobody ever says anything."""
    return {"closed": closed_port, "silent": silent_port}


def test_an_engine_that_answers_half_is_no_engine(
    monkeypatch: pytest.MonkeyPatch, fake_engine: FakeEngine, look: Callable[..., Finding]
) -> None:
    """One that tells its version and fails at `docker info` is wrong; what needs it is not looked at."""
    fake_engine.answers["/info"] = (500, {"message": "containerd is gone"})
    monkeypatch.setattr(shutil, "which", lambda _command: None)
    finding = look("engine")
    assert (finding.state, "containerd is gone" in finding.found) == ("wrong", True)
    assert look("storage-driver").state == "skipped"


def test_an_engine_that_is_too_old_says_its_version(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Engines before 20.10 are wrong, in the words of every other command."""
    fake_engine.version |= {"Version": "19.03.15", "ApiVersion": "1.40"}
    finding = look("engine")
    assert finding.state == "wrong"
    assert re.search(r"19\.03\.15 .*too old: 20\.10", finding.found)
    assert "https://docs.docker.com/engine/install/" in finding.advice


def test_a_context_that_cannot_be_read_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Callable[..., Finding]
) -> None:
    """A broken file of `docker context` is wrong, and is left behind by the command that goes back to the default."""
    (tmp_path / "config.json").write_text('{"currentContext": "classroom"}')
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"classroom").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text("{broken")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    finding = look("engine")
    assert (finding.state, finding.command) == ("wrong", "docker context use default")
    assert "classroom" in finding.found
    assert look("keeper-port", keeper_port=1).state == "ok"


@pytest.fixture
def locked_socket() -> Iterator[Path]:
    """A socket on which somebody listens and to which this user may not write; root is nobody meanwhile."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listening:
        Path(directory).chmod(0o755)
        path = Path(directory) / "docker.sock"
        listening.bind(str(path))
        listening.listen()
        path.chmod(0)
        was = os.geteuid()
        if was == 0:
            os.seteuid(NOBODY)  # only root may, and only root needs it: no file is locked for root
        yield path
        os.seteuid(was)


def test_a_socket_without_permission_names_the_group(
    monkeypatch: pytest.MonkeyPatch, locked_socket: Path, look: Callable[..., Finding]
) -> None:
    """Who may not talk to the engine is told how to join its group (lab step 5)."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{locked_socket}")
    finding = look("engine")
    assert finding.state == "wrong"
    assert finding.found == f"you may not talk to the engine at unix://{locked_socket}"
    assert finding.command == 'sudo usermod -aG docker "$USER"'


def test_a_member_of_the_group_who_has_not_logged_in_again_is_told_so(
    monkeypatch: pytest.MonkeyPatch, locked_socket: Path, look: Callable[..., Finding]
) -> None:
    """Who joined the group and forgot lab step 5's last point needs no second usermod."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{locked_socket}")
    monkeypatch.setattr(getpass, "getuser", lambda: "student")
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: grp.struct_group(("docker", "x", 4_000_000, ["student"])))
    assert look("engine").command == "newgrp docker"


def test_podmans_socket_that_is_roots_leads_to_the_users_own(
    monkeypatch: pytest.MonkeyPatch, locked_socket: Path, look: Callable[..., Finding]
) -> None:
    """podman-docker's socket is root's; no group opens it, a user has an own one."""
    monkeypatch.setattr(os.path, "realpath", lambda _path: "/run/podman/podman.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{locked_socket}")
    finding = look("engine")
    assert "podman.socket" in finding.command
    assert_shell(finding.command)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with no engine, no settings and no rights."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(engine, "DEFAULT_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr(docker.ContextAPI, "get_current_context", lambda: None)
    monkeypatch.setattr(host, "is_root", lambda: False)
    monkeypatch.setattr(host, "is_debian_family", lambda: False)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "release", lambda: "6.1.0-38-amd64")
    monkeypatch.setattr(shutil, "which", lambda _command: None)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("machine", "command"),
    [
        ("debian", "sudo apt-get update && sudo apt-get install docker.io"),
        ("debian root", "make engine"),
        ("installed", "sudo service docker start"),
        ("installed systemd", "sudo systemctl start docker"),
        ("rootless", "systemctl --user start docker"),
        ("macos", "open -a Docker"),
        ("wsl", "sudo apt-get update && sudo apt-get install docker.io"),
        ("podman", unreachable.USERS_PODMAN),
        ("context", "docker context use default"),
        ("fedora", ""),
    ],
)
def test_each_machine_has_a_command_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Callable[..., Finding], machine: str, command: str
) -> None:
    """Where no engine answers, the command is the one of this machine: its system, what is installed, who asks."""
    words = set(machine.split())
    programs = {"installed": "dockerd", "podman": "podman"}
    monkeypatch.setattr(shutil, "which", lambda name: name in {programs.get(word) for word in words} or None)
    monkeypatch.setattr(host, "is_debian_family", lambda: "debian" in words)
    monkeypatch.setattr(host, "is_root", lambda: "root" in words)
    monkeypatch.setattr("labcheck.doctor.commands.has_systemd", lambda: "systemd" in words)
    if "macos" in words:
        monkeypatch.setattr(platform, "system", lambda: "Darwin")
    if "wsl" in words:
        monkeypatch.setattr(platform, "release", lambda: "5.15.167.4-microsoft-standard-WSL2")
    if "rootless" in words:
        unit = tmp_path / ".config/systemd/user/docker.service"
        unit.parent.mkdir(parents=True)
        unit.touch()
    if "context" in words:
        chosen = docker.Context("classroom", host=f"unix://{tmp_path}/other.sock")
        monkeypatch.setattr(docker.ContextAPI, "get_current_context", lambda: chosen)
    finding = look("engine")
    assert finding.state == "wrong"
    assert finding.advice
    assert finding.command == command


@pytest.mark.usefixtures("bare")
def test_windows_students_are_told_of_docker_desktops_switch(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding]
) -> None:
    """In WSL the engine is most often Docker Desktop's, whose integration is off for this distribution."""
    monkeypatch.setattr(platform, "release", lambda: "5.15.167.4-microsoft-standard-WSL2")
    assert "WSL integration" in look("engine").advice


def test_what_needs_the_engine_is_skipped_and_the_rest_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """One cause is one fault: without an engine six lines say that they need it, the others are told all the same."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    states = {probe.name: finding.state for probe, finding in examine(PROBES, Facts("standin", 1, 2))}
    skipped = {name for name, state in states.items() if state == "skipped"} - {"apt"}  # which not every system has
    needing = {"builder", "storage-driver", "image-store", "cgroup", "container-network", "lab-machine"}
    assert skipped == needing
    assert states["engine"] == "wrong"
