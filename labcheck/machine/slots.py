"""Slots: each lab machine of a user has a folder, and one process at a time has the folder."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labcheck.engine.record import state_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def take(profile: str) -> Iterator[Path]:
    """Give the folder of the first machine of a profile that nobody is using."""
    number = 1
    while True:
        home = _machines() / f"{profile}-{number}"
        home.mkdir(parents=True, exist_ok=True)
        with _locked(home) as is_mine:
            if is_mine:
                yield home
                return
        number += 1


def free() -> Iterator[Path]:
    """Give the folder of each machine that nobody is using, one after the other."""
    for home in sorted(_machines().glob("*-*")):
        with _locked(home) as is_mine:
            if is_mine:
                yield home


@contextmanager
def _locked(home: Path) -> Iterator[bool]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system frees it with the process
        except BlockingIOError:
            yield False
            return
        yield True


def _machines() -> Path:
    return state_directory() / "machines"
