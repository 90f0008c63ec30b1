"""Steps 30-36: commands in a running container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
SITE = "/usr/share/nginx/html"
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
    assert window.type("hostname").text == container.short_id
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
    """`apt` installs it in the container, once its package lists are there."""
    window.type("apt update", seconds=APT_SECONDS)
    window.start("apt install nano", r"\[Y/n\]", seconds=APT_SECONDS)
    window.answer("y")
    assert "Setting up nano" in window.end(seconds=APT_SECONDS).text


@pytest.mark.step(35)
def test_nano_opens_the_page(window: Window) -> None:
    """Now the page opens in it."""
    window.start("nano index.html", "Welcome to nginx!")
    screen = window.screen()
    assert "GNU nano" in screen.splitlines()[0]
    assert "index.html" in screen.splitlines()[0]
    window.press("ctrl+x")
    window.end()


@pytest.mark.step(36)
def test_it_goes_on_running(lab: Lab, window: Window) -> None:
    """After `exit` the container goes on; a single command needs no shell of its own."""
    window.leave("exit")
    (container,) = lab.client.containers.list()
    assert container.status == "running"
    text = window.type(f"docker exec {container.short_id} ls -al").text
    assert {"bin", "etc", "usr"} <= {line.split()[8] for line in text.splitlines()[1:]}
    assert "nano" in window.type(f"docker exec {container.short_id} which nano").text
