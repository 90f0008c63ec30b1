"""Grading a class beside a plain shell script that walks the happy path: seconds a submission, one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.ratios import Ratio
from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.images.bases import Source

SCRIPT = CHECKOUT / "benchmarks" / "happy_path.sh"
BASE = "python:3.10.6-alpine"
SIZE, ROUNDS = 6, 3  # submissions of a class; how often both grade it
SECONDS = 1200


@dataclass
class Grading:
    """Seconds a submission took, round by round: `script` the plain one's, `ours` those of `check-class`."""

    script: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def ratio(self) -> Ratio:
        """Return ours beside the script's, medians of the rounds; below 1 we are quicker."""
        of = median(ours / script for ours, script in zip(self.ours, self.script, strict=True))
        return Ratio("grading a submission, s; a plain script", median(self.ours), median(self.script), of)


def measure(source: Source, say: Callable[[str], None]) -> Grading:
    """Grade a class of ordinary submissions, each what a student has at step 143, by the script and by ourselves.

    Raises:
        LabcheckError: one of the two does not come to its end.
    """
    mysql = source.reference("mysql:8.4")
    measured = Grading()
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        folders = [Path(directory, "class", f"Студент {number}") for number in range(1, SIZE + 1)]
        for folder in folders:
            (folder / "tutorial" / "flask").mkdir(parents=True)
            mutant.step143(folder / "tutorial" / "flask")
            mutant.snippets(folder)
        for number in range(1, ROUNDS + 1):
            say(f"round {number} of {ROUNDS} …")
            measured.script.append(_timed(partial(_by_script, folders, source, mysql)) / SIZE)
            out = Path(directory, f"out-{number}")
            measured.ours.append(_timed(partial(_by_us, Path(directory, "class"), out, source)) / SIZE)
    return measured


def _by_script(folders: list[Path], source: Source, mysql: str) -> None:
    for number, folder in enumerate(folders):
        names = [str(folder / "tutorial" / "flask"), source.reference(BASE), mysql, f"labcheck-happy-{number}"]
        _run(["sh", str(SCRIPT), *names], {"LABCHECK_RUN": ownership.run_id()})


def _by_us(path: Path, out: Path, source: Source) -> None:
    command = [sys.executable, "-m", "labcheck", "check-class", f"--class={path}", f"--out={out}"]
    _run(command, {"HUB": source.setting})


def _run(command: list[str], environment: dict[str, str]) -> None:
    ran = subprocess.run(  # noqa: S603 - commands of ours
        command,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ran.returncode:
        message = f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout[-2000:]}"
        raise LabcheckError(message)


def _timed(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
