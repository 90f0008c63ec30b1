"""The engine: found, or one sentence that says what to type; an engine that is there is never touched."""

from __future__ import annotations

import json
import shutil
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import docker
import docker.errors
import pytest

from labcheck.engine import connection as engine
from labcheck.engine import host
from labcheck.errors import LabcheckError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on whose default socket nobody answers."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "DEFAULT_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr(docker.ContextAPI, "get_current_context", lambda: None)


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize(
    ("debian", "dockerd", "advice"),
    [
        (True, None, "sudo apt-get install docker.io"),
        (True, "/usr/sbin/dockerd", "sudo service docker start"),
        (False, None, "https://docs.docker.com/engine/install/"),
    ],
)
def test_without_engine_and_not_root_one_sentence_says_what_to_type(
    monkeypatch: pytest.MonkeyPatch, dockerd: str | None, advice: str, *, debian: bool
) -> None:
    """A user who may not install an engine is told the command that does."""
    monkeypatch.setattr(host, "is_root", lambda: False)
    monkeypatch.setattr(host, "is_debian_family", lambda: debian)
    monkeypatch.setattr(shutil, "which", lambda _command: dockerd)
    with pytest.raises(LabcheckError, match=advice):
        engine.ensure()


@pytest.mark.usefixtures("no_engine")
def test_without_engine_on_another_distribution_root_is_told_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where apt-get is not the way to install, nothing is tried."""
    monkeypatch.setattr(host, "is_root", lambda: True)
    monkeypatch.setattr(host, "is_debian_family", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda _command: None)
    with pytest.raises(LabcheckError, match="neither Debian nor Ubuntu"):
        engine.ensure()


def test_a_named_engine_that_does_not_answer_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """With DOCKER_HOST set, nothing is installed or started: that engine is not ours to mend."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr(host, "apt_install", lambda *_packages: pytest.fail("installed something"))
    with pytest.raises(LabcheckError, match=r"tcp://127\.0\.0\.1:1, which DOCKER_HOST names"):
        engine.ensure()


@pytest.fixture
def fake_engine(tmp_path: Path) -> Callable[[str, str], str]:
    """A function that answers for an engine of any version on a socket, and returns its address."""

    def answer_as(version: str, api: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"Version": version, "ApiVersion": api}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        path = tmp_path / f"{api}.sock"
        server = Server(str(path), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"unix://{path}"

    return answer_as


@pytest.mark.parametrize(("version", "api"), [("19.03.15", "1.40"), ("1.12.0", "1.24"), ("1.9.0", "1.21")])
def test_an_engine_that_is_too_old_is_refused_by_its_version(
    monkeypatch: pytest.MonkeyPatch, fake_engine: Callable[[str, str], str], version: str, api: str
) -> None:
    """Engines before 20.10 are refused, with the version that is needed."""
    monkeypatch.setenv("DOCKER_HOST", fake_engine(version, api))
    with pytest.raises(LabcheckError, match=r"too old: 20\.10"):
        engine.connect()


def test_an_engine_that_is_there_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make engine` on a machine whose engine answers installs and starts nothing."""
    monkeypatch.setattr(engine, "_install", lambda: pytest.fail("installed an engine"))
    monkeypatch.setattr(engine, "_start", lambda: pytest.fail("started an engine"))
    assert engine.ensure().ping()


def test_a_socket_without_permission_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not in the group docker is told how to join it (lab step 5)."""

    def refuse(_where: str) -> None:
        reason = "PermissionError(13, 'Permission denied')"
        raise docker.errors.DockerException(reason)

    monkeypatch.setattr(engine, "_version", refuse)
    with pytest.raises(LabcheckError, match=r"usermod -aG docker"):
        engine.connect()
