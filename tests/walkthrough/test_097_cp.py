"""Steps 97-101: files copied out of a running container, and into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
CHANGED = "Changed on the machine"


@pytest.mark.step(97)
def test_web(lab: Lab, window: Window) -> None:
    """A server runs as `web`, on port 80, with nothing mounted."""
    window.type("docker run --name=web -d -p 80:80 nginx")
    assert lab.client.containers.get("web").attrs["Mounts"] == []
    lab.await_page()
    assert "Welcome to nginx!" in window.type("curl 127.0.0.1").text


@pytest.mark.step(98)
def test_copy_out(window: Window) -> None:
    """`docker cp web:…/. ~/new_site` copies what is in the folder; without `/.` the folder itself."""
    window.type("docker cp web:/usr/share/nginx/html/. ~/new_site")
    assert window.type("ls ~/new_site").text.split() == ["50x.html", "index.html"]
    window.type("mkdir ~/other_site")
    window.type("docker cp web:/usr/share/nginx/html ~/other_site")
    assert window.type("ls ~/other_site").text == "html"
    assert window.type("ls ~/other_site/html").text.split() == ["50x.html", "index.html"]


@pytest.mark.step(98)
def test_without_the_dot_into_nothing(window: Window) -> None:
    """Where the target does not exist yet, it becomes a copy of the folder with `/.` and without: no `html` in it."""
    window.type("docker cp web:/usr/share/nginx/html ~/third_site")
    assert window.type("ls ~/third_site").text.split() == ["50x.html", "index.html"]


@pytest.mark.step(99)
def test_change(window: Window) -> None:
    """The two files are there, and can be changed: they are the user's."""
    assert window.type("stat -c %U ~/new_site/index.html").text == "user"
    window.type("sed -i 's/Welcome to nginx!/Changed on the machine/' ~/new_site/index.html")
    assert CHANGED in window.type("cat ~/new_site/index.html").text


@pytest.mark.step(100)
def test_copy_in(window: Window) -> None:
    """`docker cp ~/new_site/. web:…` copies the other way."""
    window.type("docker cp ~/new_site/. web:/usr/share/nginx/html")
    assert CHANGED in window.type("docker exec web cat /usr/share/nginx/html/index.html").text


@pytest.mark.step(101)
def test_in_the_browser(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """The browser shows the changed page; then the container is stopped and removed, and with it the change."""
    lab.await_page()
    assert CHANGED in browser.open(f"http://{lab.address}/")
    window.type("docker stop web")
    window.type("docker rm web")
    assert window.type("docker ps -a").rows == []
    assert CHANGED not in window.type("docker run --rm nginx cat /usr/share/nginx/html/index.html").text
