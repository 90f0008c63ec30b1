"""`make check-class SCHEDULER=…`: the marks are those of one machine, whatever becomes of the cluster meanwhile."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.verdicts import FAILED
from labcheck.images.lab import CHECKOUT
from tests.check.conftest import environment, typed
from tests.mutants import mutant as mutants
from tests.scale.conftest import LIMIT_SECONDS, Cluster, await_

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.images.bases import Source
    from tests.conftest import Start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

COMMAND = ["env", "--default-signal=INT", sys.executable, "-m", "labcheck", "check-class", "--areas=build"]
KNOCK = "import socket; socket.create_connection(('{host}', {port}), 5)"


def _hand_in(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
        mutants.student(folder / name)
    return folder


def _results(out: Path) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads((out / "results.json").read_text())["submissions"]}


def _marks(out: Path) -> dict[str, Any]:
    return {
        name: (
            one["score"],
            [(check["id"], check["verdict"], check["title"], check["hint"]) for check in one["checks"]],
        )
        for name, one in _results(out).items()
    }


def _graded(out: Path) -> set[str]:
    return {file.stem.partition("-")[0] for file in (out / "graded").glob("*.json")}


def _command(cluster: Cluster, folder: Path, out: Path) -> list[str]:
    return [*COMMAND, f"--class={folder}", f"--out={out}", f"--scheduler={cluster.address}"]


def _begin(cluster: Cluster, source: Source, folder: Path, out: Path) -> subprocess.Popen[str]:
    """Begin to grade a class, and return once both workers are at work in their lab machines."""
    process = subprocess.Popen(  # noqa: S603 - a command of ours
        _command(cluster, folder, out),
        cwd=CHECKOUT,
        env=environment(source.setting),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    await_(lambda: process.poll() is not None or _both_at_work(cluster), "both workers are at work")
    assert process.poll() is None, process.communicate()[0]
    return process


def _both_at_work(cluster: Cluster) -> bool:
    return len(cluster.checks()) == 2 and len(cluster.machines("running")) == 2


def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
    output = process.communicate(timeout=LIMIT_SECONDS * 2)[0]
    assert "Traceback" not in output
    return process.returncode, " ".join(output.split())


def test_a_worker_is_killed(
    cluster: Cluster, source: Source, tmp_path: Path, start: Start, base: Callable[[str], str]
) -> None:
    """Each submission is graded once, as on one machine, though a worker was killed at work; nothing of that is left.

    From a lab machine nobody reaches the scheduler, which a container beside it does.
    """
    folder = _hand_in(tmp_path / "class", "anna", "boris", "gleb", "vera")
    shutil.make_archive(str(folder / "boris"), "zip", folder / "boris")
    shutil.rmtree(folder / "boris")
    host, _colon, port = cluster.address.removeprefix("tcp://").rpartition(":")
    knock = KNOCK.format(host=host, port=port)
    for name, line in {"gleb": f'RUN python -c "{knock}"', "vera": "COPY absent.py /"}.items():
        dockerfile = folder / name / "Dockerfile"
        dockerfile.write_text(dockerfile.read_text().replace("ENTRYPOINT", f"{line}\nENTRYPOINT"))
    here = typed([*COMMAND, f"--class={folder}", f"--out={tmp_path / 'here'}"], environment(source.setting), 400)
    assert here.code == 0, here.output
    assert start(base("python:3.10.6-alpine"), ["python", "-c", knock]).wait(timeout=60)["StatusCode"] == 0

    process = _begin(cluster, source, folder, tmp_path / "there")
    check = cluster.checks()[0]
    worker = check.parent()
    assert worker
    machines = cluster.machines()
    worker.kill()
    await_(lambda: check not in cluster.checks(), "the process of the killed worker has ended")
    code, output = _end(process)
    assert code == 0, output
    assert output.count("/4 ") == 4, output
    assert _graded(tmp_path / "there") == {"anna", "boris", "gleb", "vera"}
    assert _marks(tmp_path / "there") == _marks(tmp_path / "here")
    failed = {one["id"] for one in _results(tmp_path / "there")["gleb"]["checks"] if one["verdict"] == FAILED}
    assert failed == {"build.dockerfile_builds"}
    assert len(machines - cluster.machines()) == 1  # that in which nobody knows what was left
    assert cluster.machines("running") == set()
    assert list(cluster.scratch.glob("*/*/labcheck-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_who_grades_is_gone(cluster: Cluster, source: Source, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C ends what the workers are at before it ends itself; they end it too where nobody could tell them."""
    folder = _hand_in(tmp_path / "class", "anna", "boris", "vera")
    process = _begin(cluster, source, folder, tmp_path / "out")
    process.send_signal(number)
    code, output = _end(process)
    if number == signal.SIGINT:
        assert code == 130, output
        assert output.endswith("Interrupted; what was half made is removed.")
    else:
        await_(lambda: not cluster.checks(), "the workers have ended what nobody waits for")
    assert cluster.checks() == []
    assert cluster.machines() == set()


def test_the_scheduler_is_lost(cluster: Cluster, source: Source, tmp_path: Path) -> None:
    """A sentence and exit code 2; with another scheduler the class goes on where it was."""
    folder = _hand_in(tmp_path / "class", "anna", "boris", "vera")
    process = _begin(cluster, source, folder, tmp_path / "out")
    await_(lambda: _graded(tmp_path / "out"), "one is graded")
    await_(cluster.checks, "another is at work")
    cluster.lose_the_scheduler()
    code, output = _end(process)
    assert code == 2, output
    assert f"The scheduler at {cluster.address}, or a worker of its, does not answer any more." in output
    await_(lambda: not cluster.checks(), "the workers have ended what they were at")
    kept = _graded(tmp_path / "out")
    assert kept < {"anna", "boris", "vera"}
    cluster.start()
    said = typed(_command(cluster, folder, tmp_path / "out"), environment(source.setting), 400)
    assert said.code == 0, said.output
    assert said.output.count("(as before)") == len(kept)
    assert len(_results(tmp_path / "out")) == 3


def test_another_version(cluster: Cluster, source: Source, tmp_path: Path) -> None:
    """A worker that would grade otherwise is named, at whatever time it comes; none of its marks is taken."""
    other = tmp_path / "other"
    for name in ("labcheck", "tests/rubric"):
        shutil.copytree(CHECKOUT / name, other / name)
    with (other / "tests" / "rubric" / "weights.toml").open("a") as weights:
        weights.write("# one point more for everybody\n")
    folder = _hand_in(tmp_path / "class", "anna", "boris", "vera", "gleb", "dina")
    process = _begin(cluster, source, folder, tmp_path / "out")
    cluster.add_workers(1, other)
    code, output = _end(process)
    assert code == 2, output
    assert re.search(r"Error: tcp://[\d.:]+ has another version of labcheck, or none", output)
    assert _graded(tmp_path / "out") < {"anna", "boris", "vera", "gleb", "dina"}
    await_(lambda: not cluster.checks(), "the workers have ended what nobody waits for")


def test_no_labcheck_there(cluster: Cluster, source: Source, tmp_path: Path) -> None:
    """A worker that was begun elsewhere than in a checkout is named before anything is begun."""
    folder = _hand_in(tmp_path / "class", "anna")
    (tmp_path / "elsewhere").mkdir()
    cluster.add_workers(1, tmp_path / "elsewhere")
    said = typed(_command(cluster, folder, tmp_path / "out"), environment(source.setting), 120)
    assert said.code == 2, said.output
    assert re.search(r"Error: tcp://[\d.:]+ has another version of labcheck, or none", said.flat)
    assert _graded(tmp_path / "out") == set()
