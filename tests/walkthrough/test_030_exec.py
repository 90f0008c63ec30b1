"""Steps 30-36: commands in a running container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
APT_SECONDS = 120


@pytest.mark.step(30)
def test_a_container_to_work_in(window: Window) -> None:
    """A container runs in the background."""
    window.type("docker run --rm -d nginx")
    assert len(window.type("docker ps").rows) == 1


@pytest.mark.step(31)
def test_bash_inside(lab: Lab, window: Window) -> None:
    """`docker exec -it … bash` changes the prompt: what is typed runs in the container, as its root."""
    (container,) = lab.client.containers.list()
    window.enter(f"docker exec -it {container.short_id} bash")
    typed = window.type("hostname")
    assert typed.text == container.short_id
    assert typed.prompt.startswith(f"root@{container.short_id}:")
    assert window.type("id -u").text == "0"


@pytest.mark.step(32)
def test_the_site_has_two_files(window: Window) -> None:
    """In nginx's folder lie two files, index.html among them."""
    window.type("cd /usr/share/nginx/html")
    assert window.type("ls").text.split() == ["50x.html", "index.html"]


@pytest.mark.step(33)
def test_no_nano(window: Window) -> None:
    """The image has no editor `nano`."""
    assert window.type("nano index.html").text == "bash: nano: command not found"


@pytest.mark.step(34)
def test_apt_installs_nano(window: Window) -> None:
    """`apt` brings its package lists up to date, asks, and installs the editor in the container."""
    window.type("apt update", seconds=APT_SECONDS)
    window.start("apt install nano", r"\[Y/n\]", seconds=APT_SECONDS)
    window.answer("y")
    assert "Setting up nano" in window.end(seconds=APT_SECONDS).text


@pytest.mark.step(35)
def test_nano_opens_the_page(window: Window) -> None:
    """Now the page opens in it."""
    window.start("nano index.html", "Welcome to nginx!")
    title = window.screen().splitlines()[0]
    assert "GNU nano" in title
    assert "index.html" in title
    window.press("ctrl+x")
    window.end()


@pytest.mark.step(36)
def test_it_goes_on_running(lab: Lab, window: Window) -> None:
    """After `exit` the container goes on, and can be entered again: what was installed is there."""
    window.leave("exit")
    (row,) = window.type("docker ps").rows
    window.enter(f"docker exec -it {row[-1]} bash")
    assert "GNU nano" in window.type("nano --version").text
    window.leave("exit")
    assert len(lab.client.containers.list()) == 1


@pytest.mark.step(36)
def test_a_single_command(lab: Lab, window: Window) -> None:
    """`docker exec … ls -al` needs no shell: it lists the container's root folder on the screen, and is done."""
    (container,) = lab.client.containers.list()
    lines = window.type(f"docker exec {container.short_id} ls -al").text.splitlines()
    assert lines[0].startswith("total ")
    assert {"bin", "docker-entrypoint.sh", "etc", "usr"} <= {re.split(r" +", line)[8] for line in lines[1:]}
