"""A room without a network, for tests: an engine of its own in a network namespace that has no way out.

What is run in the room runs in that namespace too: it reaches the engine's containers, and nothing else there is. It
takes root's rights, and the `dockerd` that is on PATH.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker
import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_SECONDS = 60
_STOP_SECONDS = 60
# a /run of its own, or the engine would use this host's containerd
_ENGINE = """
ip link set lo up
mount -t tmpfs room /run
exec dockerd --data-root "$0/engine" --host "unix://$0/docker.sock" --log-level warn
"""


@contextmanager
def opened(folder: Path) -> Iterator[Room]:
    """Start an engine without a network in an empty folder, and end it, with all that runs in the room."""
    log = folder / "engine.log"
    with log.open("wb") as output:
        engine = subprocess.Popen(  # noqa: S603 - fixed words
            ["unshare", "--net", "--mount", "sh", "-euc", _ENGINE, str(folder)],  # noqa: S607 - on PATH
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    room = Room(folder, engine.pid)
    deadline = time.monotonic() + _START_SECONDS
    try:
        while not room.answers():
            said = log.read_text(errors="replace")[-2000:]
            assert engine.poll() is None, f"the room's engine ended: {said}"
            assert time.monotonic() < deadline, f"the room's engine does not start: {said}"
            time.sleep(0.1)
        yield room
    finally:
        processes = psutil.Process(engine.pid).children(recursive=True) if engine.poll() is None else []
        engine.terminate()
        try:
            engine.wait(_STOP_SECONDS)
        finally:
            engine.kill()
            engine.wait()
            for process in psutil.wait_procs(processes, timeout=5)[1]:
                process.kill()


@dataclass(frozen=True)
class Room:
    """The room: all that is in it lies in `folder`; `pid` is its engine's."""

    folder: Path
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to work on the room's engine, with a state of its own."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LABCHECK_", "PYTEST_", "PIP_", "HUB"))
        }
        address = f"unix://{self.folder}/docker.sock"
        state = str(self.folder / "state")
        return {**own, "DOCKER_HOST": address, "XDG_STATE_HOME": state, "COLUMNS": "120", "LANGUAGE": "en"}

    def client(self) -> docker.DockerClient:
        """Return a client of the room's engine, which is reached by its socket from outside, too."""
        return docker.DockerClient(base_url=self.environment["DOCKER_HOST"], timeout=120)

    def run(self, *command: str, folder: Path, seconds: float, **more: str) -> tuple[int, str]:
        """Run a command in the room, and return its exit code and all that it printed."""
        done = subprocess.run(  # noqa: S603 - commands of ours
            ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command],  # noqa: S607 - on PATH
            cwd=folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        return done.returncode, done.stdout

    def answers(self) -> bool:
        """Tell whether the engine listens: what is asked from then on it answers as soon as it can."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(f"{self.folder}/docker.sock")
            except OSError:
                return False
        return True
