"""The ladder: the hello app's image from the lab's first Dockerfile to as small as it gets, each rung measured.

A rung is `ladder/N-name.Dockerfile`, its first line saying what it does. All keep the contract of the hello app:
`python app.py`, port 5000, "Hello, World!".
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import requests
from rich.console import Console

from benchmarks.load import run
from labcheck.checks import testbed, trial
from labcheck.checks.testbed import LabContainer
from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.images import build, toolimages
from labcheck.images import lab as images
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcontainers.core.network import Network

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

HERE = CHECKOUT / "benchmarks"
RUNGS = sorted((HERE / "ladder").glob("*.Dockerfile"))
IGNORING = "venv/\n"  # step 123; the first rung has no such file
STARTS, CLIENTS, SECONDS = 5, 8, 3
MINUTE = 60
HELLO = "Hello, World!"  # step 108


@dataclass(frozen=True)
class Rung:
    """One image, and what was measured of it.

    `size` in bytes, `layers` how many; `cold` and `again` the seconds of a build, and of one after a change of app.py;
    `start_ms` from `docker run` to the first answer; `per_second` requests at CLIENTS clients; `memory` in bytes then.
    """

    name: str
    about: str
    size: int
    layers: int
    cold: float
    again: float
    start_ms: float
    per_second: float
    memory: int


def measure(record: Record, source: Source, say: Callable[[str], None]) -> list[Rung]:
    """Build and measure every rung.

    Raises:
        LabcheckError: one does not build, start or answer.
    """
    wrk_image = toolimages.ensure(record.engine, source, HERE / "wrk")
    with (
        tempfile.TemporaryDirectory(prefix="labcheck-") as directory,
        testbed.network() as network,
        LabContainer(wrk_image, network=network) as wrk,
        record.working(lambda _pid: None),
    ):
        context = _context(Path(directory))
        rungs = []
        for file in RUNGS:
            say(f"{file.stem} …")
            (context / ".dockerignore").write_text("" if file == RUNGS[0] else IGNORING)
            rungs.append(_Climb(record, source, context, network, wrk).measure(file))
        return rungs


@dataclass(frozen=True)
class _Climb:
    """What a rung is measured with."""

    record: Record
    source: Source
    context: Path
    network: Network
    wrk: LabContainer

    def measure(self, file: Path) -> Rung:
        """Build and measure one rung."""
        lines = file.read_text(encoding="utf-8").splitlines()
        images.have_bases(self.record, self.source, Console(stderr=True), build.base_names("\n".join(lines)))
        fresh = f"LABEL labcheck.round={uuid.uuid4().hex}"  # after each FROM: nothing below comes from the cache
        dockerfile = "\n".join(
            part for line in lines for part in ([line, fresh] if line.startswith("FROM ") else [line])
        )
        tag = f"{trial.REPOSITORY}:{ownership.run_id().replace('/', '-')}-{uuid.uuid4().hex[:8]}"
        app = self.context / "app.py"
        app.write_text((CHECKOUT / "flask_app" / "app.py").read_text())
        try:
            cold = self._build(dockerfile, tag)
            app.write_text(app.read_text() + "\n# changed\n")
            again = self._build(dockerfile, tag)
            starts = [self._started(tag) for _time in range(STARTS)]
            per_second, memory = self._loaded(tag)
            image = self.record.engine.images.get(tag)
            return Rung(
                name=file.name.removesuffix(".Dockerfile"),
                about=lines[0].removeprefix("# "),
                size=images.size(self.record.engine, tag),
                layers=len(image.attrs["RootFS"]["Layers"]),
                cold=cold,
                again=again,
                start_ms=1000 * median(starts),
                per_second=per_second,
                memory=memory,
            )
        finally:
            self.record.untag(tag)

    def _build(self, dockerfile: str, tag: str) -> float:
        begun = time.monotonic()
        text = build.with_bases(dockerfile, self.source.reference)
        build.build(self.record, self.context, text, tags=[tag], labels={}, say=lambda _line: None)
        return time.monotonic() - begun

    def _started(self, tag: str) -> float:
        """Return seconds from the start of a container to its first answer."""
        begun = time.monotonic()
        with LabContainer(tag, network=self.network) as container:
            _await_answer(container)
            return time.monotonic() - begun

    def _loaded(self, tag: str) -> tuple[float, int]:
        """Return requests a second, and the bytes of memory that the app has after them, page cache apart."""
        with LabContainer(tag, network=self.network) as container:
            _await_answer(container)
            result = run(self.wrk, f"http://{container.address}:5000/", "GET", clients=CLIENTS, seconds=SECONDS)
            used: Any = container.get_wrapped_container().stats(stream=False)
            used = used["memory_stats"]
            cache = used["stats"].get("total_inactive_file", used["stats"].get("inactive_file", 0))
            return result.per_second, used["usage"] - cache


def _context(folder: Path) -> Path:
    """Make the folder of step 112: the app, its requirements and the environment that it was tried in (31 MB)."""
    for file in (CHECKOUT / "requirements.txt", HERE / "ladder" / "used.py"):
        shutil.copy(file, folder)
    python = [sys.executable, "-m", "venv", str(folder / "venv")]
    pip = [str(folder / "venv" / "bin" / "pip"), "install", "-q", "-r", str(folder / "requirements.txt")]
    for command in (python, pip):
        ran = subprocess.run(command, capture_output=True, text=True, timeout=MINUTE * 5, check=False)  # noqa: S603
        if ran.returncode:
            message = f"{' '.join(command)} fails:\n{ran.stderr[-1000:]}"
            raise LabcheckError(message)
    return folder


def _await_answer(container: LabContainer) -> None:
    """Wait for the first answer, finely: its time is what is measured.

    Raises:
        LabcheckError: the container ended, or a minute went by.
    """
    url, deadline = f"http://{container.address}:5000/", time.monotonic() + MINUTE
    with requests.Session() as session:
        session.trust_env = False
        while True:
            try:
                if session.get(url, timeout=5).text == HELLO:
                    return
            except requests.ConnectionError:
                container.reload()
                if container.status != "running" or time.monotonic() > deadline:
                    message = f"{container.image} does not answer:\n{container.last_words}"
                    raise LabcheckError(message) from None
            time.sleep(0.002)
