"""Grade one submission: the rubric as a process of its own, on the engine of a lab machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors
from rich.console import Console

from labcheck import bases, build, images, rubric, toolimages
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docker import DockerClient

    from labcheck.bases import Source
    from labcheck.machine import Machine
    from labcheck.submission import Submission

SECONDS = 900
_MEASURED = "python:3.10.6"  # what alpine's size is compared with (step 128)
# images that checks of an area need besides the bases of what was handed in
_BASE_OF_AREA = {"content": "nginx:latest"}
_TOOL_OF_AREA = {
    "keeper": images.CHECKOUT / "labcheck" / "ready_mysql",
    "netplan": images.CHECKOUT / "tests" / "rubric" / "netplan_generator",
}


@dataclass(frozen=True)
class Request:
    """What is to be graded: a folder, an image, or both; `areas` of the rubric, all where empty."""

    folder: Path | None
    image: str | None = None
    areas: Sequence[str] = ()
    scored_only: bool = False

    @property
    def options(self) -> list[str]:
        """The options of the rubric's plugin that say so."""
        given = {"--submission": self.folder, "--image": self.image, "--areas": ",".join(self.areas)}
        options = [f"{name}={value}" for name, value in given.items() if value]
        return [*options, *(["--scored-only"] if self.scored_only else [])]


def bring(engine: DockerClient, source: Source, machine: Machine, handed_in: Submission, areas: Sequence[str]) -> None:
    """Bring into the machine what the checks of a submission need: bases, the tool's images, the image handed in.

    A base that is not to be had is left out: the check that needs it says so.
    """
    trusted: dict[str, str] = {}
    others: dict[str, str] = {}
    record = Record(engine)
    areas = [area for area in areas or rubric.AREAS if area not in handed_in.missing]
    names = {_BASE_OF_AREA[area] for area in areas if area in _BASE_OF_AREA} | _bases_of(handed_in)
    with record.working(lambda _pid: None):
        for name in sorted(names):
            official = bases.with_tag(bases.official_name(name))
            official = bases.nearest(official) if source.kind == "standin" else official
            with suppress(LabcheckError):
                images.have_bases(record, source, Console(stderr=True), [official])
                # anybody may push NAME/IMAGE, and set it to any registry; a name without a slash is Docker's to give
                kind = others if "/" in official else trusted
                kind[official] = source.reference(official)
    for area in areas:
        if area in _TOOL_OF_AREA:
            tool = toolimages.ensure(engine, source, _TOOL_OF_AREA[area])
            trusted[tool] = tool
    if handed_in.image:
        with suppress(docker.errors.ImageNotFound):
            engine.images.get(handed_in.image)
            others[handed_in.image] = handed_in.image
    labs_own = {*bases.LAB_BASES, *(name for name in machine.brought if name.startswith("localhost/labcheck/"))}
    machine.give_up(machine.brought.keys() - labs_own - trusted.keys())
    machine.bring(engine, trusted, trusted=True)
    machine.bring(engine, others, trusted=False)
    machine.sizes = {_MEASURED: _size(engine, source, _MEASURED)}


def grade(
    request: Request, environment: dict[str, str], scratch: Path | None, tell: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """Run the rubric and return the results of the submission; `tell` is told every outcome as it comes.

    `environment` says which engine it is to work on; `scratch` is a folder that has the same path there as here.

    Raises:
        LabcheckError: the rubric did not come to an end; what it said last is in the message.
    """
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        results = Path(directory) / "results.json"
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "pytest", str(rubric.DIRECTORY), "-n0", "-q", "-p", "no:cacheprovider"]
        command += [f"--results={results}", f"--live={writing}", *request.options]
        command += [f"--basetemp={scratch}"] if scratch else []
        with (Path(directory) / "output").open("w+") as output:
            process = subprocess.Popen(  # noqa: S603 - a command of ours
                command,
                cwd=images.CHECKOUT,
                env={**_own_environment(), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                pass_fds=[writing],
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
            os.close(writing)
            limit = threading.Timer(SECONDS, _end, [process])
            limit.start()
            try:
                with os.fdopen(reading) as lines:
                    for line in lines:
                        tell(json.loads(line))
                process.wait()
            finally:
                limit.cancel()
                _end(process)
            if not results.is_file():
                output.seek(0)
                last = "\n".join(output.read().splitlines()[-10:])
                raise LabcheckError(_("The checks did not come to an end. They said last:\n{lines}").format(lines=last))
        return dict(json.loads(results.read_text(encoding="utf-8")))


def _size(engine: DockerClient, source: Source, name: str) -> int:
    """Return the bytes of a base image, as published where it is not on this host."""
    try:
        return images.size(engine, source.reference(name))
    except docker.errors.ImageNotFound:
        return bases.LAB_BASES[name] * 10**6


def _own_environment() -> dict[str, str]:
    """Return ours, without what pytest tells its children: this one is not part of the run that we may be in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _bases_of(handed_in: Submission) -> set[str]:
    """Return the images that the Dockerfiles which count start from."""
    files = []
    if handed_in.context and handed_in.dockerfile:
        files.append(handed_in.context / handed_in.dockerfile)
    if handed_in.keeper and handed_in.keeper_dockerfile:
        files.append(handed_in.keeper.parent / handed_in.keeper_dockerfile)
    texts = [file.read_bytes().decode("utf-8", "surrogateescape") for file in files]
    return {name for text in texts for name in build.base_names(build.expand_arguments(text))}
