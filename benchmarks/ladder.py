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
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import requests
from rich.console import Console

from benchmarks.load import LoadGenerator
from labcheck.checks import testbed, trial
from labcheck.checks.testbed import LabContainer
from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.images import build
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
ROUNDS, CLIENTS, SECONDS = 5, 1, 2
MINUTE = 60
HELLO = "Hello, World!"  # step 108


@dataclass(frozen=True)
class Rung:
    """One image, and what was measured of it.

    `size` in bytes, `layers` how many; `cold` and `again` the seconds of a build, and of one after a change of app.py;
    `start_ms` from `docker run` to the first answer; `per_second` requests of CLIENTS clients; `memory` in bytes then:
    the best of the rounds.
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
    with (
        tempfile.TemporaryDirectory(prefix="labcheck-") as directory,
        testbed.network() as network,
        LoadGenerator(record.engine, source, network) as wrk,
        record.working(lambda _pid: None),
        ExitStack() as stack,
    ):
        context = _context(Path(directory))
        runs = []
        for file in RUNGS:
            say(f"{file.stem} …")
            (context / ".dockerignore").write_text("" if file == RUNGS[0] else IGNORING)
            built = _build(record, source, context, file)
            stack.callback(record.untag, built.tag)
            runs.append(_Runs(built, network, wrk))
        for number in range(1, ROUNDS + 1):
            say(f"round {number} of {ROUNDS} …")
            for one in runs:
                one.once_more()
        return [one.rung(record) for one in runs]


@dataclass(frozen=True)
class _Built:
    """The image of a rung: what its file says of it, its tag, and the seconds of both builds."""

    name: str
    about: str
    tag: str
    cold: float
    again: float


def _build(record: Record, source: Source, context: Path, file: Path) -> _Built:
    """Build a rung, and once more after a change of app.py."""
    lines = file.read_text(encoding="utf-8").splitlines()
    images.have_bases(record, source, Console(stderr=True), build.base_names("\n".join(lines)))
    fresh = f"LABEL labcheck.round={uuid.uuid4().hex}"  # after each FROM: nothing below comes from the cache
    changed = "\n".join(part for line in lines for part in ([line, fresh] if line.startswith("FROM ") else [line]))
    dockerfile = build.with_bases(changed, source.reference)
    tag = f"{trial.REPOSITORY}:{ownership.run_id().replace('/', '-')}-{uuid.uuid4().hex[:8]}"
    app = context / "app.py"
    app.write_text((CHECKOUT / "flask_app" / "app.py").read_text())
    seconds = []
    for _time in range(2):
        begun = time.monotonic()
        build.build(record, context, dockerfile, tags=[tag], labels={}, say=lambda _line: None)
        seconds.append(time.monotonic() - begun)
        app.write_text(app.read_text() + "\n# changed\n")
    return _Built(file.name.removesuffix(".Dockerfile"), lines[0].removeprefix("# "), tag, *seconds)


@dataclass
class _Runs:
    """A rung's containers, one after the other, and what was measured of each."""

    built: _Built
    network: Network
    wrk: LoadGenerator
    starts: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def once_more(self) -> None:
        """Measure a container: to its first answer, under load, and then its memory without the page cache."""
        begun = time.monotonic()
        with LabContainer(self.built.tag, network=self.network) as container:
            _await_answer(container)
            self.starts.append(time.monotonic() - begun)
            result = self.wrk.load(f"http://{container.address}:5000/", "GET", clients=CLIENTS, seconds=SECONDS)
            self.per_second.append(result.per_second)
            used: Any = container.get_wrapped_container().stats(stream=False)
            used = used["memory_stats"]
            cache = used["stats"].get("total_inactive_file", used["stats"].get("inactive_file", 0))
            self.memory.append(used["usage"] - cache)

    def rung(self, record: Record) -> Rung:
        """Return the fastest start, and the medians of the rest."""
        image = record.engine.images.get(self.built.tag)
        return Rung(
            name=self.built.name,
            about=self.built.about,
            size=images.size(record.engine, self.built.tag),
            layers=len(image.attrs["RootFS"]["Layers"]),
            cold=self.built.cold,
            again=self.built.again,
            start_ms=1000 * min(self.starts),
            per_second=median(self.per_second),
            memory=round(median(self.memory)),
        )


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
