"""Steps 6-15: the first image, its containers, and how both are removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["hello-world"]


@pytest.mark.step(6)
def test_help(window: Window) -> None:
    """`docker --help` lists the commands; an alias is named in a command's own help."""
    text = window.type("docker --help").text
    assert {"run", "ps", "pull", "image", "container", "network", "volume"} <= set(
        re.findall(r"^  (\w+)", text, re.MULTILINE)
    )
    aliases = window.type("docker images ls --help").text
    assert "docker image ls, docker image list, docker images" in aliases


@pytest.mark.step(7)
def test_no_image_at_first(lab: Lab, window: Window) -> None:
    """The list of images is empty on a fresh machine."""
    lab.forget_images()
    assert window.type("docker image ls").rows == []


@pytest.mark.step(8)
def test_run_pulls(window: Window) -> None:
    """`docker run` pulls an image that is not there, and runs it."""
    text = window.type("docker run hello-world").text
    assert "Unable to find image 'hello-world:latest' locally" in text
    assert "Status: Downloaded newer image for hello-world:latest" in text
    assert "Hello from Docker!" in text


@pytest.mark.step(9)
def test_the_image_is_listed(window: Window) -> None:
    """The image is the only one in the list."""
    (row,) = window.type("docker image ls").rows
    assert row[:2] == ["hello-world", "latest"]


@pytest.mark.step(10)
def test_the_container_has_exited(lab: Lab, window: Window) -> None:
    """Its only container is listed as `Exited (0)`; `docker ps -a` says the same, shorter."""
    lab.await_containers(0)  # the engine's list is a moment late
    (row,) = window.type("docker container ls -a").rows
    assert re.search(r"Exited \(0\)", " ".join(row))
    assert window.type("docker ps -a").rows[0][0] == row[0]


@pytest.mark.step(11)
def test_more_containers_without_a_pull(window: Window) -> None:
    """Each further run makes another container, and pulls nothing."""
    for _time in range(2):
        assert "Unable to find image" not in window.type("docker run hello-world").text
    assert len(window.type("docker ps -a").rows) == 3


@pytest.mark.step(12)
def test_sizes(window: Window) -> None:
    """With `-s` a container of its own takes 0 B; in brackets stands the size of the one image they share."""
    text = window.type("docker ps -a -s").text
    assert text.splitlines()[0].split()[-1] == "SIZE"
    sizes = re.findall(r"0B \(virtual ([\d.]+\wB)\)$", text, re.MULTILINE)
    assert len(sizes) == 3
    assert len(set(sizes)) == 1


@pytest.mark.step(13)
def test_rm_by_id_and_by_name(window: Window) -> None:
    """`docker rm` takes the beginning of an id, or a whole name; the beginning of a name will not do."""
    first, second = window.type("docker ps -a").rows[:2]
    assert window.type(f"docker rm {first[0][:4]}").text == first[0][:4]
    assert "No such container" in window.type(f"docker rm {second[-1][:-1]}", code=1).text
    assert window.type(f"docker rm {second[-1]}").text == second[-1]
    assert len(window.type("docker ps -a").rows) == 1


@pytest.mark.step(14)
def test_prune(window: Window) -> None:
    """`docker container prune` asks, and removes all stopped containers."""
    window.start("docker container prune", r"\[y/N\]")
    window.answer("y")
    assert "Total reclaimed space" in window.end().text
    assert window.type("docker ps -a").rows == []


@pytest.mark.step(15)
def test_rmi(window: Window) -> None:
    """`docker rmi` refuses while a container stands on the image, unless with `-f`; then the list is empty again."""
    window.type("docker run hello-world")
    assert "is using its referenced image" in window.type("docker rmi hello-world", code=1).text
    window.type("docker container prune -f")
    assert "Untagged: hello-world:latest" in window.type("docker rmi hello-world").text
    window.type("docker run hello-world")
    window.type("docker rmi -f hello-world")
    assert window.type("docker image ls").rows == []
