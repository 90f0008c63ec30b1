"""What `docker run hello-world` promises (lab step 8), official image or stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docker import DockerClient

    from tests.conftest import Start


@pytest.fixture
def name() -> str:
    """The official name."""
    return "hello-world:latest"


@pytest.fixture
def output(image: str, start: Start) -> str:
    """What it printed, once it has ended with success."""
    container = start(image)
    code = container.wait(timeout=30)["StatusCode"]
    text: str = container.logs().decode()
    assert code == 0, text
    return text


def test_it_says_hello_from_docker(output: str) -> None:
    """The first line is empty, the second says "Hello from Docker!"."""
    assert output.splitlines()[:2] == ["", "Hello from Docker!"]


def test_it_says_that_the_installation_works(output: str) -> None:
    """What was installed is said to work."""
    assert "your installation" in output
    assert "work" in output


def test_it_is_one_small_program(engine: DockerClient, image: str) -> None:
    """The image runs `/hello` and is smaller than 50 kB."""
    attributes = engine.images.get(image).attrs
    assert attributes["Config"]["Cmd"] == ["/hello"]
    assert not attributes["Config"]["Entrypoint"]
    assert attributes["Size"] < 50_000


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_says_that_it_is_one(output: str) -> None:
    """A stand-in does not pass for the official image."""
    assert "stand-in for hello-world" in output
