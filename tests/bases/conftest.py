"""What the tests of the base images share: the image under test, commands in it, and the question whose image it is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

import pytest
from rich.console import Console

from labcheck.engine.record import Record
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from labcheck.images.bases import Source
    from tests.conftest import Start


class Run(Protocol):
    """The type of the fixture `run`."""

    def __call__(self, *command: str, timeout: int = 60) -> str:
        """Return what the command prints; `timeout` is in seconds."""


@pytest.fixture(scope="session")
def reference_of(engine: DockerClient, source: Source) -> Callable[[str], str]:
    """A function from an official name to the image that stands here for it, got now where that is not current."""

    @cache
    def got(name: str) -> str:
        record = Record(engine)
        with record.working(lambda _pid: None):
            images.ensure_bases(record, source, Console(stderr=True), [name])
        return source.reference(name)

    return got


@pytest.fixture
def image(reference_of: Callable[[str], str], name: str) -> str:
    """The image that stands here for the official `name`, which each module says."""
    return reference_of(name)


@pytest.fixture
def run(image: str, start: Start) -> Run:
    """A function that runs a command in a new container and returns what it printed, once it has ended with success."""

    def run_to_end(*command: str, timeout: int = 60) -> str:
        container = start(image, list(command))
        code = container.wait(timeout=timeout)["StatusCode"]
        assert code == 0, f"exit code {code}:\n{container.logs().decode()}"
        output: str = container.logs(stderr=False).decode()
        return output.strip()

    return run_to_end


@pytest.fixture
def stand_in(source: Source, image: str) -> str:
    """The image, if it is a stand-in: the official one does not promise what is tested."""
    if source.kind != "standin":
        pytest.skip(f"bases came from {source}: there is no stand-in here whose own promises could be checked")
    return image
