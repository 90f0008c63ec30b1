"""Ask over HTTP whether what is needed is there, and what time it is there."""

from __future__ import annotations

import re
import ssl
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import requests

from labcheck.i18n import _
from labcheck.machine import exits

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 10
_LOOK_BYTES = 65_536
_UNTRUSTED = re.compile(r"certificate verify failed: (.+?) \(_ssl")


class Address(NamedTuple):
    """What is asked; `sign` stands near the beginning of a right answer, `proxy` is used where it is named here."""

    url: str
    sign: str = ""
    proxy: str = ""

    @property
    def host(self) -> str:
        """The name or address of the host."""
        return urlsplit(self.url).hostname or self.url


@dataclass(frozen=True)
class Answer:
    """What came of it: the status, 0 for none; why it will not do; by how many seconds our clock is ahead."""

    address: Address
    status: int
    reason: str = ""
    ahead: float | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether what was asked for is there."""
        return 0 < self.status < requests.codes.bad_request and not self.reason

    def __str__(self) -> str:
        """Return host and reason in a few words."""
        return f"{self.address.host}: {self.reason or self.status}"


def ask(address: Address) -> Answer:
    """Ask once, with a limit on each wait; one whose certificate is not trusted is still asked for the time."""
    proxies = {"http": address.proxy, "https": address.proxy} if address.proxy else None
    began = time.time()
    try:
        with requests.get(
            address.url, timeout=SECONDS, verify=exits.authorities(), stream=True, proxies=proxies
        ) as answer:
            ahead = _ahead(answer.headers, (began + time.time()) / 2)
            start = next(answer.iter_content(_LOOK_BYTES), b"").decode(errors="replace").lower()
    except requests.exceptions.SSLError as error:
        return Answer(address, 0, reason_of(error), _ahead_untrusted(address.url))
    except requests.RequestException as error:
        return Answer(address, 0, reason_of(error))
    reason = ""
    if answer.status_code < requests.codes.bad_request and address.sign.lower() not in start:
        reason = _("something else answers in its place, a login page perhaps")
    return Answer(address, answer.status_code, reason, ahead)


def _ahead(headers: Mapping[str, str], now: float) -> float | None:
    """Return by how much our clock is ahead of the answer's; what a cache kept is older by its Age (RFC 9111, 5.1)."""
    with suppress(TypeError, ValueError, OverflowError):
        return now - parsedate_to_datetime(headers["Date"]).timestamp() - int(headers.get("Age") or 0)
    return None


def _ahead_untrusted(url: str) -> float | None:
    """Return the same from one whose certificate is not trusted: where the clock is wrong, none is."""
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    began = time.time()
    try:
        with urllib.request.urlopen(url, timeout=SECONDS, context=anyone) as answer:  # noqa: S310 - an https address
            headers = answer.headers
    except urllib.error.HTTPError as error:  # an answer like any other
        headers = error.headers
        error.close()
    except OSError:
        return None
    return _ahead(headers, (began + time.time()) / 2)


def reason_of(error: object) -> str:
    """Return in a few words why a request has no answer, or none that helps."""
    text = str(getattr(error, "explanation", "") or error)  # the engine's own words, without the request around them
    if isinstance(error, requests.exceptions.SSLError):
        found = _UNTRUSTED.search(text)
        return _("its certificate is not trusted ({reason})").format(reason=found[1] if found else text)
    if isinstance(error, requests.exceptions.ProxyError):
        return _("the proxy does not pass it on")
    if isinstance(error, requests.Timeout):
        return _("no answer within {seconds} s").format(seconds=SECONDS)
    if "resolve" in text or "Name or service not known" in text:
        return _("its name is unknown here")
    if "refused" in text:
        return _("connection refused")
    return text
