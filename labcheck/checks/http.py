"""Ask an app that nobody trusts: a limit on time and on size, and a mismatch instead of an exception."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

from labcheck.checks.verdicts import fail
from labcheck.i18n import _

ANSWER_SECONDS = 5
ANSWER_BYTES = 1_000_000


@dataclass(frozen=True)
class Answer:
    """What came back: the status code, the body as UTF-8 text, the media type."""

    status: int
    text: str
    media_type: str

    def __str__(self) -> str:
        """Return it as a mismatch shows it."""
        return f"{self.status} {self.text[:300]!r}"


def ask(method: str, url: str, *, hint: str, data: dict[str, str] | None = None) -> Answer:
    """Send one request, with `data` as a form does, and return the answer; no redirect is followed.

    Raises:
        AssertionError: there is no answer, or none that ends in time; `hint` is for the student.
    """
    expected = _("{method} {url} is answered").format(method=method, url=url)
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        answer = _answer(method, url, data or {})
    except TimeoutError:
        fail(expected, _("no answer within {seconds} s").format(seconds=ANSWER_SECONDS), hint)
    except (OSError, HTTPException) as error:
        if time.monotonic() <= deadline:
            fail(expected, _reason(error), hint)
        fail(expected, _("an answer without end"), hint)
    if answer is None or time.monotonic() > deadline:
        fail(expected, _("an answer without end"), hint)
    return answer


def _answer(method: str, url: str, data: dict[str, str]) -> Answer | None:
    """Return the answer, None for one that is too long."""
    where = urlsplit(url)
    connection = HTTPConnection(str(where.hostname), where.port or 80, timeout=ANSWER_SECONDS)
    connection.connect()
    # every limit of a library's begins anew with each byte, and an app may send one now and then: hang up in the end
    limit = threading.Timer(ANSWER_SECONDS + 1, _hang_up, [connection.sock])
    limit.start()
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
        connection.request(method, f"{where.path}?{where.query}".rstrip("?"), urlencode(data) or None, form)
        with connection.getresponse() as response:
            body = response.read(ANSWER_BYTES + 1)
            if len(body) > ANSWER_BYTES:
                return None
            if response.length:
                raise ConnectionResetError
            return Answer(response.status, body.decode(errors="replace"), response.headers.get("Content-Type", ""))
    finally:
        limit.cancel()
        connection.close()


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):  # it has been closed meanwhile
        connected.shutdown(socket.SHUT_RDWR)


def _reason(error: OSError | HTTPException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return _("connection refused")
    if isinstance(error, ConnectionError):  # http.client's RemoteDisconnected too
        return _("the connection is closed without an answer")
    return str(error)
