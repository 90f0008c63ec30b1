"""`labcheck check`: marks, exit codes, words, and nothing left behind."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import docker.errors
import psutil
import pytest

from labcheck.checks.trial import REPOSITORY
from labcheck.engine import ownership
from labcheck.engine.connection import tags_of
from labcheck.engine.record import state_directory
from labcheck.images.lab import CHECKOUT
from labcheck.machine import container, slots
from tests.check.conftest import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

    from labcheck.images.bases import Source
    from tests.check.conftest import Check

T = TypeVar("T")


def _left_by(engine: DockerClient, run: str) -> list[str]:
    """Return the names of what a run has on the user's engine."""
    filters: dict[str, str | list[str] | bool] = {"label": f"{ownership.RUN}={run}"}
    containers = engine.containers.list(all=True, filters=filters, ignore_removed=True)
    names = [str(container.name) for container in containers]
    names += [str(network.name) for network in engine.networks.list(filters=filters)]
    names += [volume.name for volume in engine.volumes.list(filters=filters)]
    return names + [tag for tag in tags_of(engine) if tag.startswith(REPOSITORY) and run.replace("/", "-") in tag]


def _machine_of(engine: DockerClient, process: subprocess.Popen[str]) -> list[Container]:
    """Return the running lab machine whose slot a command holds: other tests have theirs running meanwhile."""
    files = [Path(file.path) for file in psutil.Process(process.pid).open_files()]
    homes = [file.parent for file in files if file.name == "lock" and file.parents[1].name == "machines"]
    names = [container.name_of(state_directory() / "machines" / home.name) for home in homes]
    return [found for name in names for found in engine.containers.list(filters={"name": name}, ignore_removed=True)]


def test_a_right_one(engine: DockerClient, student: Path, check: Check) -> None:
    """All that the lab asks for is full marks and code 0; nothing stays on the user's engine, the machine is off."""
    run = f"test/1/{uuid.uuid4().int}"
    said = check("--submission", student, "--scored-only", LABCHECK_RUN=run)
    assert said.code == 0, said.output
    assert "100 of 100 points" in said.output
    assert "tutorial/flask/Dockerfile" in said.output
    assert "✗" not in said.output
    assert _left_by(engine, run) == []
    for home in slots.free():
        with suppress(docker.errors.NotFound):
            assert engine.containers.get(container.name_of(home)).status == "exited"


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            (
                "First step that broke: 82. Nginx serves index.html from the local folder",
                "expected Hello from the local directory actual Hello from afar hint index.html in the folder content",
                "Not handed in: netplan, which costs nothing",
                "6 of 10 points",
            ),
        ),
        (
            "ru",
            (
                "Первый шаг, который не удался: 82.",
                "ожидалось Hello from the local directory получено Hello from afar подсказка",
                "Раздел netplan не сдан, это ничего не стоит",
                "6 из 10 баллов",
            ),
        ),
    ],
    ids=["en", "ru"],
)
def test_a_wrong_one(student: Path, check: Check, language: str, texts: tuple[str, ...]) -> None:
    """A mistake is exit code 1, the first step that broke, why and what helps; in the reader's language."""
    (student / "content" / "index.html").write_text("<h1>Hello from afar</h1>")
    for file in (student / "netplan").iterdir():
        file.unlink()
    said = check("--submission", student, "--areas", "netplan,content", "--scored-only", language=language)
    assert said.code == 1, said.output
    for text in texts:
        assert text in said.flat


def test_what_was_not_handed_in(student: Path, check: Check) -> None:
    """Points that are lost because something is not there are lost: exit code 1, though no check failed."""
    (student / "tutorial" / "flask" / "requirements.txt").unlink()
    said = check("--submission", student, "--areas", "content,requirements", "--scored-only")
    assert said.code == 1, said.output
    assert "Not handed in: requirements, 16 points" in said.flat
    assert "4 of 20 points" in said.output


def test_on_the_users_engine(engine: DockerClient, student: Path, check: Check) -> None:
    """--engine host does the same there, says what is no longer bounded, and leaves nothing."""
    run = f"test/1/{uuid.uuid4().int}"
    areas = "content,build"
    said = check("--submission", student, "--areas", areas, "--scored-only", "--engine", "host", LABCHECK_RUN=run)
    assert said.code == 0, said.output
    assert "its disk, memory and processes are not" in said.flat
    assert "20 of 20 points" in said.output
    assert _left_by(engine, run) == []


def test_not_the_students_fault(student: Path, check: Check) -> None:
    """A base that is not to be had is no mark and exit code 2, and says what is missing."""
    (student / "tutorial" / "flask" / "Dockerfile").write_text("FROM nobody/has-this:1\nCMD [ 'app.py' ]\n")
    said = check("--submission", student, "--areas", "build", "--scored-only")
    assert said.code == 2
    assert "No mark: on our side something is missing for build." in said.flat
    assert "nobody/has-this:1" in said.flat


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "Nothing was handed in"),
        (["--submission", "{folder}/nothing"], "There is no"),
        (["--submission", "{folder}/empty"], "Nothing of the lab is in"),
        (["--submission", "{folder}/film.mp4"], "is neither an archive nor a report"),
        (["--submission", "{folder}", "--areas", "builds"], "No area of the rubric: builds. There are: netplan"),
    ],
)
def test_nothing_to_check(tmp_path: Path, check: Check, options: list[str], reason: str) -> None:
    """What cannot be checked is one sentence and exit code 2."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "film.mp4").write_bytes(bytes(1000))
    said = check(*(option.format(folder=tmp_path) for option in options))
    assert (said.code, reason in said.flat) == (2, True), said.output
    assert said.output.count("\n") <= 2


def test_interrupted(engine: DockerClient, student: Path, source: Source) -> None:
    """Ctrl-C in the middle ends it with 130; the machine, in which nobody knows what is left, is gone."""
    process = _begin(student, source, "--areas=build")
    (machine,) = _await(lambda: _machine_of(engine, process))
    _interrupt(process)
    with pytest.raises(docker.errors.NotFound):
        engine.containers.get(str(machine.id))


def test_interrupted_on_the_users_engine(engine: DockerClient, student: Path, source: Source) -> None:
    """Ctrl-C leaves nothing on the user's engine either."""
    run = f"test/1/{uuid.uuid4().int}"
    process = _begin(student, source, "--areas=content,build", "--engine=host", LABCHECK_RUN=run)
    assert _await(lambda: _left_by(engine, run))
    _interrupt(process)
    assert _left_by(engine, run) == []


def _begin(student: Path, source: Source, *options: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - a command of ours
        [*COMMAND, f"--submission={student}", *options],
        cwd=CHECKOUT,
        env={**environment(source.setting), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _await(find: Callable[[], list[T]]) -> list[T]:
    """Return what is found as soon as there is something."""
    deadline = time.monotonic() + 60
    while not (found := find()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def _interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 130, output
    assert "Traceback" not in output
