"""A cluster on this machine: a scheduler and two workers, which share nothing but the engine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
import pytest

from labcheck.images.lab import CHECKOUT
from labcheck.machine import container as machine_container
from labcheck.machine import machine
from tests.check.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source

LIMIT_SECONDS = 300


def await_(condition: Callable[[], object], what: str, seconds: float = LIMIT_SECONDS) -> None:
    """Return as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


@dataclass
class Cluster:
    """A scheduler and its workers, in processes of their own; `folder` is theirs, `host` the address they listen at."""

    engine: DockerClient
    folder: Path
    host: str
    env: dict[str, str]
    address: str = ""
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *, workers: int = 2) -> None:
        """Begin the scheduler, and as many workers of one thread each."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        self._dask("scheduler", "--port=0", f"--scheduler-file={file}")
        await_(lambda: file.exists() and file.read_text().strip().endswith("}"), "the scheduler listens")
        self.address = json.loads(file.read_text())["address"]
        self.add_workers(workers)

    def add_workers(self, count: int, checkout: Path = CHECKOUT) -> None:
        """Begin some more, out of a checkout, and return once the scheduler knows them."""
        before = self._registered()
        options = ["--nthreads=1", f"--local-directory={self.scratch}"]
        for _worker in range(count):
            self._dask("worker", self.address, *options, checkout=checkout)
        await_(lambda: self._registered() >= before + count, "the scheduler knows the workers")

    @property
    def scratch(self) -> Path:
        """Where the workers put what they are sent."""
        return self.folder / "scratch"

    def checks(self) -> list[psutil.Process]:
        """Return the processes that grade something now; the parent of each is a worker's."""
        mark = f"--results={self.scratch}/"
        known = psutil.process_iter(["cmdline"])
        return [one for one in known if any(word.startswith(mark) for word in one.info["cmdline"] or ())]

    def machines(self, status: str | None = None) -> set[str]:
        """Return the ids of the lab machines of this cluster that the engine has, or of those with a status."""
        homes = (self.folder / "state" / "labcheck" / "machines").glob("*-*")
        ours = {machine_container.name_of(home) for home in homes}
        known = self.engine.containers.list(all=True, ignore_removed=True)
        return {str(one.id) for one in known if one.name in ours and status in {None, one.status}}

    def lose_the_scheduler(self) -> None:
        """Kill the scheduler, and return once the workers have ended for want of it."""
        scheduler, *_workers = self._running
        scheduler.kill()
        self._await_end()

    def stop(self) -> None:
        """End all that is still running, and remove its lab machines."""
        for process in reversed(self._running):
            process.terminate()
        self._await_end()
        await_(lambda: not self.checks(), "no process is left of a worker that is gone")

    def _registered(self) -> int:
        log = self.folder / "worker.log"
        return log.read_text().count("Registered to:") if log.exists() else 0

    def _await_end(self) -> None:
        while self._running:
            self._running[-1].wait(LIMIT_SECONDS)
            self._running.pop()

    def _dask(self, what: str, *options: str, checkout: Path = CHECKOUT) -> None:
        with (self.folder / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - a command of ours
                [sys.executable, "-m", "dask", what, f"--host={self.host}", "--no-dashboard", *options],
                cwd=checkout,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C that a test sends is none of theirs
            )
        self._running.append(process)


@pytest.fixture
def cluster(
    engine: DockerClient, source: Source, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    """A cluster that has begun, with lab machines of its own; it speaks Russian, and listens where containers can call.

    That is the address that this host has on the engine's bridge; of a new engine the bridge itself does not tell it.
    """
    folder = tmp_path_factory.mktemp("c")  # short: the path of a socket below it has at most 107 bytes
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    (bridge,) = engine.networks.list(names=["bridge"])
    addresses = psutil.net_if_addrs()[bridge.attrs["Options"]["com.docker.network.bridge.name"]]
    (host,) = [one.address for one in addresses if one.family == socket.AF_INET]
    made = Cluster(engine, folder, host, environment(source.setting, "ru"))
    try:
        made.start()
        yield made
    finally:
        made.stop()
        machine.remove_all(engine)
    assert made.machines() == set()
