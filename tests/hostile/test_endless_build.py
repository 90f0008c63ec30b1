"""Builds that do not end (step 114): each is ended at its limit, whatever it does, and the others' marks are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck.checks import trial
from labcheck.checks.verdicts import Mismatch
from labcheck.engine.record import Record
from labcheck.errors import BuildError
from labcheck.grading import grading
from labcheck.images import build
from tests.hostile.grading import check_class, failed, graded
from tests.hostile.submissions import dockerfile
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source

SECONDS = 45  # of a build of this class: what is right takes ten
LIMIT_SECONDS = 600
BUILDS, IMAGE = "build.dockerfile_builds", "keeper.image"
ALPINE = "FROM python:3.10.6-alpine"
FOR_EVER = f"{ALPINE}\nRUN tail -f /dev/null\n"


def _in_stages(folder: Path) -> None:
    """Stages that end one by one, too late all together; and the keeper's own build, which does not end either."""
    mutants.student(folder)
    mutants.keeper(folder)
    (folder / "keeper" / "Dockerfile").write_text(FOR_EVER)
    stages = [f"{ALPINE} AS stage{number}\nRUN : {number}; sleep {SECONDS * 2 // 3}\n" for number in range(2)]
    (folder / "Dockerfile").write_text("".join([*stages, ALPINE, "\n"]))


CLASS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "talks": (dockerfile("RUN cat /dev/zero"), [BUILDS]),
    "deaf, by BuildKit": (dockerfile("RUN --mount=type=cache,target=/cache trap '' TERM; tail -f /dev/null"), [BUILDS]),
    "in stages, and the keeper's": (_in_stages, [BUILDS, IMAGE]),
    "honest": (mutants.student, []),
}


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_SECONDS + 60)
def test_class_with_endless_builds(source: Source, tmp_path: Path) -> None:
    """A build that waits, talks or goes on in stages fails at its limit, and says so; the honest mark is whole."""
    for name, (write, _fails) in CLASS.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        write(tmp_path / "class" / name)
    limit = {"BUILD_SECONDS": str(SECONDS)}
    options = ("--areas=build,keeper", "--slots=2")
    results = graded(tmp_path / "class", tmp_path / "out", *options, hub=source.setting, seconds=LIMIT_SECONDS, **limit)
    assert not [one["ungradable"] for one in results.values() if one["ungradable"]]
    assert {name: failed(one) for name, one in results.items()} == {name: fails for name, (_, fails) in CLASS.items()}
    said = {
        (check["expected"], check["actual"])
        for one in results.values()
        for check in one["checks"]
        if check["id"] in failed(one)
    }
    assert said == {(f"the image is built within {SECONDS} s", "the build does not end")}


def test_after_one_that_did_not_end(
    engine: DockerClient, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next build of the same submission has less time: two together do not take that of all checks."""
    assert trial.BUILD_SECONDS + trial.LATER_SECONDS < grading.SECONDS
    monkeypatch.setenv("BUILD_SECONDS", "4")
    monkeypatch.setattr(trial, "LATER_SECONDS", 2)
    (tmp_path / "Dockerfile").write_text(FOR_EVER)
    made = trial.Trial(engine, source, Console(quiet=True))
    try:
        results = [made.build(tmp_path, "Dockerfile") for _time in range(2)]
    finally:
        made.close()
    said = [one.expected for one in results if isinstance(one, Mismatch)]
    assert said == ["the image is built within 4 s", "the image is built within 2 s"]


def test_what_a_build_prints_is_kept_in_bounds(
    engine: DockerClient, base: Callable[[str], str], tmp_path: Path
) -> None:
    """Of 50 MB, of a single line, its beginning is kept: no memory of this host's is filled by a build that talks."""
    text = f"FROM {base('python:3.10.6-alpine')}\nRUN head -c 50000000 /dev/zero | tr '\\0' x; false\n"
    (tmp_path / "Dockerfile").write_text(text)
    record = Record(engine)
    with record.working(lambda _pid: None), pytest.raises(BuildError, match="returned a non-zero code") as error:
        build.build(record, tmp_path, text, tags=[], labels={}, say=lambda _line: None, seconds=120)
    assert "xxxx" in error.value.log
    assert len(error.value.log) < 2_000_000


@pytest.mark.parametrize("seconds", ["forever", "0", "601", "-1", "1.5", "٣"])
def test_what_is_no_limit(tmp_path: Path, source: Source, seconds: str) -> None:
    """BUILD_SECONDS that is no limit, or weaker than the one that there is, is one sentence and exit code 2."""
    (tmp_path / "class" / "honest").mkdir(parents=True)
    mutants.student(tmp_path / "class" / "honest")
    out = tmp_path / "out"
    said = check_class(tmp_path / "class", out, hub=source.setting, seconds=60, BUILD_SECONDS=seconds)
    assert said.code == 2
    assert f"BUILD_SECONDS is {seconds}: the limit of one build is a whole number of seconds, 1 to 600." in said.flat
