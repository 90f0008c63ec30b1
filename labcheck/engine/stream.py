"""Requests to the engine whose answer is a stream (build, pull): bounded in time, and ended by Ctrl-C."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import docker.errors
import docker.utils
import requests
import urllib3.exceptions
from docker import APIClient

from labcheck import interrupt
from labcheck.errors import LabcheckError, RefusedError, TooLateError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ANSWER_SECONDS = 60
_WATCH_SECONDS = 0.2
_PATIENCE_SECONDS = 10


class _Line:
    """One connection to the engine; another thread may hang up, and a watcher does when a limit is reached."""

    def __init__(self, seconds: float, silent_seconds: float | None) -> None:
        self.client = APIClient(**docker.utils.kwargs_from_env(), version="auto", timeout=_ANSWER_SECONDS)
        # it has told its version in time; what it is asked from now on may take as long as the whole
        self.client.timeout = math.ceil(seconds)
        self.client.hooks["response"].append(lambda answer, *_arguments, **_options: self._answers.append(answer))
        self.too_late = threading.Event()
        self.heard = time.monotonic()
        self._answers: list[requests.Response] = []
        self._deadline = self.heard + seconds
        self._silent_seconds = silent_seconds
        self._patience_until = math.inf
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def hang_up(self) -> None:
        """End the stream from any thread: the engine stops a build or a pull whose client is gone.

        Only our half of the connection is closed, so that what the engine still does is heard to its end.
        """
        self._patience_until = time.monotonic() + _PATIENCE_SECONDS
        for answer in self._answers:
            with contextlib.suppress(OSError, ValueError), socket.socket(fileno=os.dup(answer.raw.fileno())) as line:
                line.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give the connection back."""
        self._closed.set()
        for answer in self._answers:
            answer.close()
        self.client.close()

    def _watch(self) -> None:
        while not self._closed.wait(_WATCH_SECONDS):
            now = time.monotonic()
            if now > self._patience_until:
                for answer in self._answers:
                    answer.raw.shutdown()
                return
            silent = self._silent_seconds is not None and now > self.heard + self._silent_seconds
            if (silent or now > self._deadline) and not self.too_late.is_set():
                self.too_late.set()
                self.hang_up()


def events(
    request: Callable[[APIClient], Iterator[dict[str, Any]]], *, seconds: float, silent_seconds: float | None = None
) -> Iterator[dict[str, Any]]:
    """Send a request and yield the events of its answer, until it ends or Ctrl-C ends it.

    Args:
        request: makes the request with the client it is given.
        seconds: the limit for the whole.
        silent_seconds: the limit between two events; None where long silence is normal (a build that compiles).

    Raises:
        LabcheckError: the engine refused the request or went away; TooLateError: a limit was reached.
        interrupt.Interrupted: Ctrl-C.
    """
    line = _Line(seconds, silent_seconds)
    try:
        with interrupt.ending_with(line.hang_up):
            for event in request(line.client):
                line.heard = time.monotonic()
                if "error" in event and line.too_late.is_set():
                    break  # it says that we hung up
                yield event
    except docker.errors.APIError as error:
        kind = RefusedError if error.is_client_error() else LabcheckError
        raise kind(str(error.explanation or error)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise LabcheckError(_("the Docker engine stopped answering: {reason}").format(reason=error)) from error
    finally:
        line.close()
    if line.too_late.is_set():
        raise TooLateError(_("no end within the time limit, or no sign of life"))
