"""Where bases come from when HUB says nothing, and the look at the disk before anything is begun."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck import tasks
from labcheck.engine.record import Record
from labcheck.errors import LabcheckError, PullError
from labcheck.images import bases, bundled, standins
from labcheck.images import lab as images
from labcheck.images.bases import HUB, LAB_BASES, STANDIN

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from tests.commands.conftest import SecondEngine


class Choice:
    """What was chosen, what was said, and what was pulled on the way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, lacking: list[str], outdated: object, reach: bool) -> None:
        """Make a world without a bundle: what is missing of the Hub's, the stand-ins to build, is the Hub in reach."""
        self.pulled: list[str] = []
        self.reach = reach
        monkeypatch.setattr(bundled, "source", lambda _engine: None)
        monkeypatch.setattr(bases, "missing", lambda *_arguments: lacking)
        monkeypatch.setattr(standins, "outdated", lambda *_arguments: outdated)
        monkeypatch.setattr(bases, "pull", self.pull)

    def pull(self, _source: object, name: str, _say: object, **_options: object) -> None:
        """Pull, or fail as the engine does without a network."""
        self.pulled.append(name)
        if not self.reach:
            raise PullError("advice", "no such host")  # noqa: EM101

    def made(self, client: DockerClient) -> tuple[bases.Source, str]:
        """Choose, and return the source and what was said."""
        console = Console(file=io.StringIO(), width=200)
        source = images.choose_source(client, "", console)
        return source, console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above


def test_hub_images_that_are_here_are_used_without_a_question(
    engine: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every base of Docker Hub on the engine nothing is pulled, asked or said."""
    choice = Choice(monkeypatch, lacking=[], outdated=[], reach=False)
    assert choice.made(engine) == (HUB, "")
    assert choice.pulled == []


def test_stand_ins_that_are_here_are_used_and_said(engine: DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """With current stand-ins a blocked Docker Hub costs no time: it is not asked, and that is said in one line."""
    choice = Choice(monkeypatch, lacking=["nginx:latest"], outdated=[], reach=True)
    source, said = choice.made(engine)
    assert source == STANDIN
    assert said == "Bases: stand-ins, built here before. For Docker Hub's images: HUB=docker.io\n"
    assert choice.pulled == []


@pytest.mark.parametrize(("reach", "source"), [(True, HUB), (False, STANDIN)])
def test_otherwise_the_smallest_pull_decides_for_all(
    engine: DockerClient, monkeypatch: pytest.MonkeyPatch, source: bases.Source, *, reach: bool
) -> None:
    """One small pull tells whether Docker Hub is in reach; if not, stand-ins it is, with the reason in one line."""
    choice = Choice(monkeypatch, lacking=list(LAB_BASES), outdated=["something"], reach=reach)
    chosen, said = choice.made(engine)
    assert chosen == source
    assert choice.pulled == ["hello-world:latest"]
    assert (
        "stand-ins built here from Debian's packages; Docker Hub cannot be used (no such host)" in said
    ) is not reach


def test_a_setting_is_obeyed(engine: DockerClient) -> None:
    """HUB=… is used without looking at what the engine has."""
    console = Console(file=io.StringIO())
    assert images.choose_source(engine, "mirror.gcr.io", console).prefix == "mirror.gcr.io"


def test_too_little_space_is_an_error_before_the_work(
    engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With less room than the peak needs, build-all ends before it pulls or builds, and says both figures."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(images, "free_bytes", lambda _directory: 1_500_000_000)
    monkeypatch.setattr(images, "refuse_foreign", lambda _record: None)
    monkeypatch.setattr(tasks, "run", lambda *_arguments: pytest.fail("began"))
    hub = bases.Source("mirror", "absent.example")
    monkeypatch.setattr(images, "choose_source", lambda *_arguments: hub)
    # 2,074 MB of bases, half as much again while they are unpacked, and our own layers where they are not there yet
    with pytest.raises(LabcheckError, match=r"up to 3\.[12] GB are needed in .*, 1\.5 GB are free"):
        images.build_all(Record(engine), "", Console(file=io.StringIO()))


def test_what_the_engine_has_decides_what_is_missing(second_engine: SecondEngine) -> None:
    """Bases are looked up under the names that the source gives them."""
    mirror = bases.parse_hub("127.0.0.1:5000/hub")
    assert mirror is not None
    assert bases.missing(second_engine.client, mirror, list(LAB_BASES)) == []
    assert bases.missing(second_engine.client, HUB, ["nginx:latest"]) == ["nginx:latest"]
