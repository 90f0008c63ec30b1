"""Machines to be looked at: engines that say of themselves what is asked for, and servers that tell the wrong time."""

from __future__ import annotations

import gc
import json
import platform
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import time
import warnings
from contextlib import closing
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.doctor.facts import Facts
from labcheck.doctor.probes import PROBES
from labcheck.doctor.running import examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labcheck.doctor.finding import Finding

INFO = {
    "Name": platform.node(),
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
    "CgroupVersion": "2",
    "CgroupDriver": "systemd",
    "MemoryLimit": True,
    "PidsLimit": True,
    "IPv4Forwarding": True,
    "OSType": "linux",
    "Architecture": "x86_64",
    "OperatingSystem": "Debian GNU/Linux 13 (trixie)",
    "MemTotal": 8 * 10**9,
    "DockerRootDir": "/",
    "HttpProxy": "",
    "HttpsProxy": "",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
}
_POLL_SECONDS = 0.05  # how long a server may take to notice that the test is over
VERSION = {"Version": "28.0.4", "ApiVersion": "1.48", "MinAPIVersion": "1.24", "Components": [{"Name": "Engine"}]}


class Quiet(BaseHTTPRequestHandler):
    """A handler that answers with what `reply` returns, and prints nothing."""

    def reply(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the answer."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer."""
        status, headers, body = self.reply()
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_DELETE = do_PUT = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


class UnixServer(socketserver.ThreadingUnixStreamServer):
    """A server whose threads do not outlive the test."""

    daemon_threads = True


class FakeEngine:
    """An engine on a socket: `info` and `version` are what it says, `answers` more of them by the end of the path."""

    def __init__(self, socket_path: Path | None) -> None:
        """Answer as a sound engine does, on a socket, or without one over TCP."""
        self.info: dict[str, Any] = {**INFO}
        self.version: dict[str, Any] = {**VERSION}
        self.answers: dict[str, tuple[int, object]] = {"containers/json": (200, []), "images/json": (200, [])}
        self.builder = "2"
        self.asked: list[str] = []
        fake = self

        class Handler(Quiet):
            def reply(self) -> tuple[int, dict[str, str], bytes]:
                fake.asked.append(f"{self.command} {self.path}")
                path = self.path.partition("?")[0]
                told = {
                    "/info": (200, fake.info),
                    "/version": (200, fake.version),
                    "/_ping": (200, "OK"),
                    **fake.answers,
                }
                missing = "No such image" if "/images/" in path else "page not found"
                status, body = next(
                    (answer for end, answer in told.items() if path.endswith(end)), (404, {"message": missing})
                )
                headers = {"Builder-Version": fake.builder, "Content-Type": "application/json"}
                return status, headers, json.dumps(body).encode()

        self.server: socketserver.BaseServer
        if socket_path:
            self.server, self.address = UnixServer(str(socket_path), Handler), f"unix://{socket_path}"
        else:
            self.server = web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            self.address = f"tcp://127.0.0.1:{web.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()


@pytest.fixture
def fake_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeEngine]:
    """An engine of this machine, sound until the test says otherwise; DOCKER_HOST names it."""
    fake = FakeEngine(tmp_path / "engine.sock")
    monkeypatch.setenv("DOCKER_HOST", fake.address)
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture
def remote_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """An engine that is reached over TCP, on a machine that happens to be called as this one."""
    fake = FakeEngine(None)
    monkeypatch.setenv("DOCKER_HOST", fake.address)
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


class WebServer:
    """A server on this machine: `body` and `status` are its answer, `ahead` is by how much its clock is off.

    `pages` and `statuses` are others by path; `asked` is what was asked for.
    """

    def __init__(self) -> None:
        """Answer with an empty page and the right time."""
        self.body, self.status, self.ahead = b"", 200, 0.0
        self.headers: dict[str, str] = {}
        self.pages: dict[str, bytes] = {}
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []
        web = self

        class Handler(Quiet):
            def reply(self) -> tuple[int, dict[str, str], bytes]:
                date = {"Date": formatdate(time.time() + web.ahead, usegmt=True)}
                web.asked.append(f"{self.command} {self.path}")
                status, body = web.statuses.get(self.path, web.status), web.pages.get(self.path, web.body)
                return status, {**date, **web.headers}, body

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A server of this machine's, which no proxy stands before."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = WebServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[WebServer]:
    """A server that speaks TLS with a certificate that nobody signed."""
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "crt")]
    subprocess.run([*made, *files], check=True, capture_output=True, timeout=60)  # noqa: S603 - fixed words
    web = WebServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    yield web
    web.server.shutdown()
    web.server.server_close()


@pytest.fixture
def closed_port() -> int:
    """A port of this machine's on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which connections are accepted and never answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """What could not be connected docker-py leaves to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def look() -> Callable[..., Finding]:
    """A function that asks one probe by its name, with settings as those of the command, as the doctor asks it."""

    def ask(name: str, hub: str = "standin", keeper_port: int = 80, web_port: int = 8080) -> Finding:
        probes = [probe for probe in PROBES if probe.name == name]
        facts = Facts(hub, keeper_port, web_port)
        with closing(facts):
            ((_probe, finding),) = examine(probes, facts)
        return finding

    return ask


def assert_shell(command: str) -> None:
    """What people are told to type is there, a shell can read it, and no blank of ours is left in it."""
    assert command
    done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603, S607 - it is read, not run
    assert done.returncode == 0, f"{command}: {done.stderr}"
    assert not re.search(r"(?<!\$)\{[a-z_]+\}", command), command
