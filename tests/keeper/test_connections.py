"""Connections that are held open, or cut short: each has a thread of the keeper's, and none may keep the others out."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from labcheck.checks.keeper import Keeper

pytestmark = pytest.mark.slow
HELD = 450  # more than the keeper's threads
HANG_SECONDS = 5  # a client never waits longer
FORM = "Host: keeper\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def test_who_says_no_more_keeps_nobody_out(keeper: Keeper) -> None:
    """With more connections open, each after a request, than there are threads, the next is answered within 5 s."""
    with ExitStack() as held:
        for _ in range(HELD):
            connection = held.enter_context(_connection(keeper))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: keeper\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_connection_is_kept(keeper: Keeper) -> None:
    """A client's next request comes by the connection of the one before."""
    post = f"POST /var/kept HTTP/1.1\r\n{FORM}Content-Length: 7\r\n\r\nvalue=1"
    first, second = _said(keeper, [post, "GET /var/kept HTTP/1.1\r\nHost: keeper\r\n\r\n"])
    assert first.endswith("\r\n\r\nOK")
    assert second.endswith("\r\n\r\n1")


def test_what_is_refused_is_no_next_request(keeper: Keeper) -> None:
    """The body of a request that is refused is not read as another request: nothing is written by it."""
    keeper.keep("smuggled", "before", hint="")
    inner = f"POST /var/smuggled HTTP/1.1\r\n{FORM}Content-Length: 7\r\n\r\nvalue=1"
    for kind in ("text/plain", "multipart/form-data"):
        outer = f"PUT /var/x HTTP/1.1\r\nHost: keeper\r\nContent-Type: {kind}\r\nContent-Length: {len(inner)}\r\n\r\n"
        (said,) = _said(keeper, [outer + inner], to_the_end=True)
        assert said.startswith("HTTP/1.1 405 ")
        assert said.count("HTTP/1.1") == 1
    assert keeper.value_of("smuggled", hint="").text == "before"


def _connection(keeper: Keeper) -> socket.socket:
    where = urlsplit(keeper.url("/"))
    return socket.create_connection((str(where.hostname), int(where.port or 0)), HANG_SECONDS)


def _said(keeper: Keeper, requests_: list[str], *, to_the_end: bool = False) -> list[str]:
    """Send each on one connection, and return the answers; `to_the_end` reads until the keeper closes it."""
    answers = []
    with _connection(keeper) as connection:
        for text in requests_:
            connection.sendall(text.encode())
            answer = connection.recv(4096)
            while to_the_end and (more := connection.recv(4096)):
                answer += more
            answers.append(answer.decode())
    return answers
