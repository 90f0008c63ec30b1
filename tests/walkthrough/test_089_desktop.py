"""Steps 89-93: a desktop in a container, whose editor changes what nginx serves, by one volume.

On the stand-in the editor is Mousepad; Visual Studio Code in the lab's own image was not tried (tests/desktop.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import wait_until
from tests import desktop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["nginx", "beneventsur/xubuntu:vscode-1.44.2"]
PASSWORD = "123456"  # noqa: S105 - the lab's (step 89)
REFUSAL = r"(?i)rejected.*authentication|authentication fail"  # noVNC's, of today and of the lab's image
CHANGED = "Changed in the editor"
PULL_SECONDS = 600


@pytest.fixture(scope="module", autouse=True)
def _web(lab: Lab, browser: LabBrowser) -> Iterator[None]:
    """The volume and the server on it, as step 88 leaves them; at the end go the tabs and the desktop's large image."""
    lab.as_root("docker run --rm --name=web -d -p 80:80 -v data:/usr/share/nginx/html:ro nginx")
    yield
    _close_tabs(browser)
    lab.begin()
    lab.forget_images()


@pytest.mark.step(89)
def test_the_desktop_starts(lab: Lab, window: Window) -> None:
    """A second container has the same volume, at another place, two ports, and a password by a variable."""
    window.type(
        "docker run -d -v data:/root/site -p 6080:6080 -p 5901:5901 -e PASSWORD=123456"
        " beneventsur/xubuntu:vscode-1.44.2",
        seconds=PULL_SECONDS,
    )
    container = _desktop_of(lab)
    assert window.type(f"docker exec {container.short_id} printenv PASSWORD").text == PASSWORD
    ports = window.type(f"docker port {container.short_id}").text
    assert {"6080/tcp -> 0.0.0.0:6080", "5901/tcp -> 0.0.0.0:5901"} <= set(ports.splitlines())
    files = window.type(f"docker exec {container.short_id} ls /root/site").text
    assert files.split() == ["50x.html", "index.html"]
    wait_until(container, lambda: "Desktop" in desktop.titles(container), "the desktop is there", 60)


@pytest.mark.step(90)
def test_the_page_asks_for_the_password(lab: Lab, browser: LabBrowser) -> None:
    """`vnc.html` on port 6080 shows the desktop in a browser, for the password; for a wrong one it does not."""
    browser.open(f"http://{lab.address}:6080/vnc.html")
    with pytest.raises(AssertionError, match=REFUSAL):
        desktop.connect(browser.driver, browser.driver.current_url, "654321")
    desktop.connect(browser.driver, browser.driver.current_url, PASSWORD)
    browser.shown("connect, 123456")


@pytest.mark.step(91)
def test_nginx_greets(lab: Lab, browser: LabBrowser) -> None:
    """Another tab shows nginx's greeting."""
    browser.driver.switch_to.new_window("tab")
    assert "Welcome to nginx!" in browser.open(f"http://{lab.address}/")


@pytest.mark.step(92)
def test_the_editor_changes_the_page(lab: Lab, browser: LabBrowser) -> None:
    """The page is opened in the desktop's editor, changed and saved by keyboard; nginx serves the change."""
    container, driver = _desktop_of(lab), browser.driver
    first, second = driver.window_handles
    driver.switch_to.window(first)
    desktop.start_editor(driver, container)
    desktop.open_file(driver, container, "/root/site/index.html")
    desktop.type_over(driver, container, CHANGED)
    driver.switch_to.window(second)
    assert "Welcome to nginx!" in browser.reload(), "it is not saved yet"
    driver.switch_to.window(first)
    desktop.save(driver, container)
    driver.switch_to.window(second)
    assert browser.reload() == CHANGED


@pytest.mark.step(93)
def test_the_volume_keeps_the_page(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """With tabs closed and containers gone, the changed file is still in the volume."""
    _close_tabs(browser)
    container = _desktop_of(lab)
    window.type(f"docker stop web {container.short_id}")
    window.type(f"docker rm {container.short_id}")
    lab.await_containers(0, stopped_too=True)
    assert window.type("docker ps -a").rows == []
    assert CHANGED in lab.as_root("cat /var/lib/docker/volumes/data/_data/index.html")
    assert CHANGED in window.type("docker run --rm -v data:/mnt nginx cat /mnt/index.html").text


def _close_tabs(browser: LabBrowser) -> None:
    """Close all tabs but the first, without which there is no browser, and leave nothing in that."""
    first, *others = browser.driver.window_handles
    for tab in others:
        browser.driver.switch_to.window(tab)
        browser.driver.close()
    browser.driver.switch_to.window(first)
    browser.driver.get("about:blank")


def _desktop_of(lab: Lab) -> Container:
    (found,) = lab.client.containers.list(filters={"ancestor": IMAGES[1]})
    return found
