"""The record of our images: right also after a run that was killed at the worst moment."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from docker.models.images import Image

from labcheck.engine.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.fixture
def tag(engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A name that nobody has, gone after the test; the record is one of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    name = f"labcheck-{uuid.uuid4().hex[:12]}:1"
    yield name
    if Record(engine).current_id(name):
        engine.images.remove(name)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_while_it_names_an_image_knows_it_again(
    engine: DockerClient, base: Callable[[str], str], tag: str, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Killed just before or after the engine has moved the name, the next run does not take its own for foreign."""
    old, new = (str(engine.images.get(base(name)).id) for name in ("hello-world:latest", "nginx:latest"))
    Record(engine).tag(old, tag)
    move = Image.tag

    def die(image: Image, repository: str) -> bool:
        if moment == "after":
            move(image, repository)
        raise Killed

    record = Record(engine)
    monkeypatch.setattr(Image, "tag", die)
    with pytest.raises(Killed):
        record.tag(new, tag)
    monkeypatch.setattr(Image, "tag", move)
    assert Record(engine).current_id(tag) == (new if moment == "after" else old)
    assert not Record(engine).is_foreign(tag)
    Record(engine).tag(new, tag)
    assert Record(engine).tags() == {tag: new}


def test_a_name_that_somebody_moved_is_foreign(engine: DockerClient, base: Callable[[str], str], tag: str) -> None:
    """What we named is ours until the name points at another image; then untag leaves it alone."""
    Record(engine).tag(str(engine.images.get(base("hello-world:latest")).id), tag)
    assert not Record(engine).is_foreign(tag)
    engine.images.get(base("nginx:latest")).tag(tag)
    assert Record(engine).is_foreign(tag)
    assert Record(engine).untag(tag) is None
    assert Record(engine).current_id(tag) == engine.images.get(base("nginx:latest")).id
    assert Record(engine).tags() == {}
