"""Fixtures of the lab machine: one for all its tests, and what it is to be kept away from."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import inside
from labcheck.machine import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from labcheck.images.bases import Source
    from labcheck.machine.machine import Machine

ALPINE = "python:3.10.6-alpine"
SECRET = "only for the host"  # noqa: S105 - what a listener on the host answers
_SERVER = f"""
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.wfile.write(b'HTTP/1.0 200 OK\\r\\n\\r\\n{SECRET}')
http.server.HTTPServer(('', int(sys.argv[1])), Handler).serve_forever()
"""
_SAVE = "iptables-save > /walls4; ip6tables-save > /walls6"
_OPEN = (
    "for tables in iptables ip6tables; do for chain in INPUT OUTPUT FORWARD; do $tables -P $chain ACCEPT; done; done;"
    " iptables -F INPUT; iptables -F OUTPUT; iptables -F DOCKER-USER; ip6tables -F;"
    # no road leads back to networks in here unless they hide behind the machine's address, as the engine does for IPv4
    " ip6tables -t nat -A POSTROUTING -j MASQUERADE"
)
_CLOSE = "iptables-restore < /walls4; ip6tables-restore < /walls6"


@pytest.fixture(scope="package")
def lab(engine: DockerClient, source: Source, base: Callable[[str], str]) -> Iterator[Machine]:
    """A lab machine as submissions have it."""
    with machine.lend(engine, source) as lent:
        lent.bring(engine, {ALPINE: base(ALPINE)}, trusted=True)
        yield lent


@pytest.fixture(scope="package")
def listener() -> Iterator[int]:
    """The port of a web server on this host, at all of its addresses, IPv4 and IPv6."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *_arguments: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    with Server(("::", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def answering(port: int) -> list[str]:
    """Return a command that answers SECRET to whoever asks at a port."""
    return ["python3", "-c", _SERVER, str(port)]


@contextmanager
def without_walls(lab: Machine) -> Iterator[None]:
    """Take the machine's walls away, and put them up again."""
    assert inside(lab.container, "sh", "-ec", f"{_SAVE}; {_OPEN}")[0] == 0
    try:
        yield
    finally:
        assert inside(lab.container, "sh", "-ec", _CLOSE)[0] == 0
