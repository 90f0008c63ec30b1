"""Fixtures of the parts of the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.checks.testbed import LabContainer, listening
from labcheck.engine.containers import published_port, wait_until
from labcheck.engine.record import Record
from labcheck.images.bases import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient

NAME = "student/var_keeper:latest"  # the image that the registry has


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a class."""
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


@pytest.fixture
def record(engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Record:
    """A record of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return Record(engine)


@pytest.fixture
def registry(engine: DockerClient, base: Callable[[str], str], record: Record) -> Iterator[Source]:
    """A registry on this host that has one image, as a mirror of Docker Hub."""
    server = LabContainer(base("registry:2"), ports={"5000/tcp": ("127.0.0.1", None)})
    with server:
        container = server.get_wrapped_container()
        wait_until(container, lambda: bool(listening(container)), "the registry listens")
        source = Source("mirror", f"127.0.0.1:{published_port(container, 5000)}")
        tag = source.reference(NAME)
        engine.images.get(base("hello-world")).tag(tag)
        said = engine.images.push(tag)
        engine.images.remove(tag)
        assert "error" not in said, said
        assert record.current_id(tag) is None
        yield source
