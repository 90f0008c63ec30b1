"""Ask an app that nobody trusts: a limit on time and on size, and a mismatch instead of an exception."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests

from labcheck.i18n import _
from labcheck.verdicts import fail

ANSWER_SECONDS = 5
ANSWER_BYTES = 1_000_000
_CHUNK = 65_536


@dataclass(frozen=True)
class Answer:
    """What came back: the status code, the body as UTF-8 text, the media type."""

    status: int
    text: str
    media_type: str

    def __str__(self) -> str:
        """Return it as a mismatch shows it."""
        return f"{self.status} {self.text[:300]!r}"


def ask(method: str, url: str, *, hint: str, data: Any = None, headers: dict[str, str] | None = None) -> Answer:  # noqa: ANN401 - requests' own
    """Send one request and return the answer; no redirect is followed.

    Raises:
        AssertionError: there is no answer, or none that ends in time; `hint` is for the student.
    """
    expected = _("{method} {url} is answered").format(method=method, url=url)
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        with requests.request(
            method, url, data=data, headers=headers, timeout=ANSWER_SECONDS, stream=True, allow_redirects=False
        ) as response:
            body = b""
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > ANSWER_BYTES or time.monotonic() > deadline:
                    fail(expected, _("an answer without end"), hint)
            return Answer(response.status_code, body.decode(errors="replace"), response.headers.get("Content-Type", ""))
    except requests.RequestException as error:
        fail(expected, _reason(error), hint)


def _reason(error: requests.RequestException) -> str:
    text = str(error)
    if "refused" in text:
        return _("connection refused")
    if isinstance(error, requests.Timeout):
        return _("no answer within {seconds} s").format(seconds=ANSWER_SECONDS)
    if "RemoteDisconnected" in text or "reset" in text:
        return _("the connection is closed without an answer")
    return text
