"""Ctrl-C while threads wait for the engine or for a program: end those waits, so that each thread can tidy up."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_lock = threading.Lock()
_enders: list[Callable[[], object]] = []
_interrupted = threading.Event()


class Interrupted(Exception):  # noqa: N818 - not an error: the person asked for it
    """The run was interrupted while this thread was waiting."""


@contextmanager
def ending_with(end: Callable[[], object]) -> Iterator[None]:
    """Call `end()` if the run is interrupted meanwhile; what the wait then raises becomes `Interrupted`.

    Raises:
        Interrupted: the run was interrupted, before or meanwhile.
    """
    with _lock:
        if _interrupted.is_set():
            raise Interrupted
        _enders.append(end)
    try:
        yield
    except Exception as error:
        if _interrupted.is_set():
            raise Interrupted from error
        raise
    finally:
        with _lock:
            _enders.remove(end)
    if _interrupted.is_set():
        raise Interrupted


def interrupt() -> None:
    """End every wait that is under way, and any that is begun later."""
    with _lock:
        _interrupted.set()
        for end in _enders:
            end()


def on_terminate() -> None:
    """Treat SIGTERM like Ctrl-C: tidy up, then end."""

    def raise_interrupt(*_arguments: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, raise_interrupt)
