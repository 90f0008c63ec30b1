"""Threads that nobody has to wait for: what waits for a name server or for a dead disk cannot be ended.

Those of concurrent.futures' executors are waited for when the command ends; these are left behind.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
R = TypeVar("R")


def begin(work: Callable[[], T]) -> Future[T]:
    """Begin `work` in a thread of its own; the future has what it returns, or the error that it raised."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, who asks the future gets it
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, daemon=True).start()
    return future


def spread(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return what `work` makes of each item, all at once, in their order."""
    return [future.result() for future in [begin(partial(work, item)) for item in items]]


class Once(Generic[T]):
    """What several threads want to know: found out once, by the first who asks, while the others wait."""

    def __init__(self, find: Callable[[], T]) -> None:
        """Take what finds it out; nothing is begun yet."""
        self._find = find
        self._lock = threading.Lock()
        self._found: Future[T] | None = None

    def __call__(self) -> T:
        """Return what was found; an error that was raised meanwhile is raised for everyone who asks."""
        with self._lock:
            self._found = self._found or begin(self._find)
        return self._found.result()
