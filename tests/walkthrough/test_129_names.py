"""Steps 129-132: the names of an image, taken off and given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mutants.mutant import student

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["python:3.10.6-alpine"]


@pytest.fixture(scope="module", autouse=True)
def _images(lab: Lab) -> Iterator[None]:
    """The tags of step 128: alpine, and two others that were built before it, here on the same base."""
    lab.as_root("rm -rf /machine/walkthrough")
    home = lab.machine.home / "walkthrough"
    home.mkdir()
    student(home)
    lab.as_root("docker build -q -t flask:alpine /machine/walkthrough")
    for tag in ("latest", "clean"):
        lab.as_root(f"echo 'FROM flask:alpine\nLABEL tag={tag}' | docker build -q -t flask:{tag} -")
    yield
    lab.begin()
    lab.forget_images()


@pytest.mark.step(129)
def test_the_others_go(window: Window) -> None:
    """The tags latest and clean are removed."""
    window.type("docker rmi flask:latest flask:clean")
    assert [row[1] for row in window.type("docker image ls flask").rows] == ["alpine"]


@pytest.mark.step(130)
def test_no_latest(window: Window) -> None:
    """Now `docker run flask` fails: there is no flask:latest here, and none that could be pulled."""
    text = window.type("docker run flask", code=125).text
    assert "Unable to find image 'flask:latest' locally" in text


@pytest.mark.step(131)
def test_names(window: Window) -> None:
    """`docker image tag` gives an image further names: three rows, one id."""
    window.type("docker image tag flask:alpine flask:latest")
    window.type("docker image tag flask:alpine my_app:latest")
    rows = [row for row in window.type("docker image ls").rows if row[0] in {"flask", "my_app"}]
    assert {(row[0], row[1]) for row in rows} == {("flask", "alpine"), ("flask", "latest"), ("my_app", "latest")}
    assert len({row[2] for row in rows}) == 1


@pytest.mark.step(132)
def test_names_go(window: Window) -> None:
    """`docker rmi` takes names off; the image stays under the last one."""
    text = window.type("docker rmi my_app:latest flask:alpine").text
    assert text.splitlines() == ["Untagged: my_app:latest", "Untagged: flask:alpine"]
    assert [row[:2] for row in window.type("docker image ls flask").rows] == [["flask", "latest"]]
