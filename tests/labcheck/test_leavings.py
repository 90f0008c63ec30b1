"""Nothing of a run of the rubric stays on the engine: also not after Ctrl-C, nor after a worker was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from labcheck.checks.trial import REPOSITORY
from labcheck.engine import ownership
from labcheck.engine.connection import tags_of
from labcheck.engine.record import Record
from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source

WAIT_SECONDS = 60
CHECKS = ("tests/rubric/test_116_run.py", "tests/rubric/test_133_keeper.py")


class Run:
    """A run of some checks of the rubric on the reference, by two workers, and what of it is on the engine."""

    def __init__(self, engine: DockerClient, hub: str) -> None:
        """Begin it."""
        self.process = subprocess.Popen(  # noqa: S603 - a command of ours
            # a shell's background jobs (CI) are deaf to Ctrl-C, and so would this be
            ["env", "--default-signal=INT", sys.executable, "-m", "pytest", "-n2", *CHECKS],  # noqa: S607 - on PATH
            cwd=CHECKOUT,
            env=mutants.environment(hub),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._engine = engine
        self._output: str | None = None
        me = psutil.Process(self.process.pid)
        self.id = f"{os.uname().nodename}/{me.pid}/{me.create_time():.2f}"

    def leavings(self) -> list[str]:
        """Return the names of what the run has on the engine."""
        filters: dict[str, str | list[str] | bool] = {"label": f"{ownership.RUN}={self.id}"}
        containers = [
            str(container.name)
            for container in self._engine.containers.list(all=True, filters=filters, ignore_removed=True)
        ]
        networks = [str(network.name) for network in self._engine.networks.list(filters=filters)]
        volumes = [volume.name for volume in self._engine.volumes.list(filters=filters)]
        prefix = f"{REPOSITORY}:{self.id.replace('/', '-')}-"
        tags = [tag for tag in tags_of(self._engine) if tag.startswith(prefix)]
        return [*containers, *networks, *volumes, *tags]

    def wait_for(self, count: int) -> None:
        """Wait until at least `count` containers, networks and images of the run are there."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self.leavings()) < count:
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def output(self) -> str:
        """Return all that the run printed, once it has ended."""
        if self._output is None:
            self._output = self.process.communicate(timeout=WAIT_SECONDS * 2)[0]
        return self._output


@pytest.fixture
def run(engine: DockerClient, source: Source) -> Iterator[Run]:
    """A run that has begun."""
    started = Run(engine, source.setting)
    yield started
    if started.process.poll() is None:
        os.killpg(started.process.pid, signal.SIGKILL)
    started.output()


def test_nothing_is_left_after_ctrl_c(run: Run) -> None:
    """Ctrl-C in the middle ends the run; containers, networks, volumes and images of it are gone."""
    run.wait_for(3)
    os.killpg(run.process.pid, signal.SIGINT)  # a terminal sends it to all processes of the run
    output = run.output()
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert run.leavings() == []


@pytest.mark.slow
def test_nothing_is_left_after_a_worker_was_killed(run: Run) -> None:
    """A worker killed in the middle costs its test; at the end nothing of it is on the engine."""
    run.wait_for(3)
    workers = psutil.Process(run.process.pid).children(recursive=True)
    workers[0].kill()
    output = run.output()
    assert "crashed" in output
    assert run.process.returncode == pytest.ExitCode.TESTS_FAILED, output
    assert run.leavings() == []


@pytest.mark.slow
def test_next_run_sweeps_what_a_killed_run_left(run: Run, engine: DockerClient, source: Source, tmp_path: Path) -> None:
    """After SIGKILL of the whole run, the next one removes what it left, and knows none of its images any more."""
    run.wait_for(3)
    os.killpg(run.process.pid, signal.SIGKILL)
    run.process.wait()
    assert run.leavings()
    mutants.grade(tmp_path / "results.json", "--areas=netplan", hub=source.setting)
    assert run.leavings() == []
    assert not [tag for tag in Record(engine).tags() if run.id.replace("/", "-") in tag]
