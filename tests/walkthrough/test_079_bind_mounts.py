"""Steps 79-83: a folder of the machine in a container, and what becomes of owners, modes and files in each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.containers import wait_until

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
TEXT = "Hello from the local directory"
SITE = "/usr/share/nginx/html"
STAT = "stat -c '%U %G %a'"


@pytest.mark.step(79, 80)
def test_a_folder_with_a_page(window: Window) -> None:
    """A folder with a page of one's own lies in the home folder."""
    window.type("mkdir ~/content")
    window.type("echo '<h1>Hello from the local directory</h1>' > ~/content/index.html")
    assert window.type("cat ~/content/index.html").text == f"<h1>{TEXT}</h1>"


@pytest.mark.step(81)
def test_mounted(lab: Lab, window: Window) -> None:
    """`-v ~/content:…` puts the folder where nginx looks for the site, and nginx serves it at the root."""
    window.type("docker run --rm --name=web -d -p 80:80 -v ~/content:/usr/share/nginx/html nginx")
    _await_page(lab)
    assert TEXT in window.type("curl 127.0.0.1").text


@pytest.mark.step(81)
def test_both_are_there(lab: Lab, window: Window) -> None:
    """Case 1, both folders exist: the container's has the local one's files, owner and mode; its own are hidden."""
    window.type("chmod 750 ~/content")
    local = window.type("stat -c '%u %g %a' ~/content").text
    assert window.type(f"docker exec web stat -c '%u %g %a' {SITE}").text == local
    assert window.type(f"docker exec web ls {SITE}").text == "index.html"
    window.type("chmod 755 ~/content")
    window.type("docker run --rm -v ~/content:/usr/share/nginx/html nginx true")
    hidden = window.type("docker run --rm nginx ls /usr/share/nginx/html").text
    assert hidden.split() == ["50x.html", "index.html"], "in the image nothing has changed"
    assert lab.as_root("ls /home/user/content").split() == ["index.html"]


@pytest.mark.step(81)
def test_the_target_is_missing(window: Window) -> None:
    """Case 2, no folder in the container: what is missing is made, above root's, the last with the local one's owner."""
    window.type("docker run -d --rm --name=deep -v ~/content:/srv/in/container nginx")
    assert window.type(f"docker exec deep {STAT} /srv/in").text == "root root 755"
    theirs = window.type("docker exec deep stat -c '%u %g %a' /srv/in/container").text
    assert theirs == window.type("stat -c '%u %g %a' ~/content").text
    assert TEXT in window.type("docker exec deep cat /srv/in/container/index.html").text
    window.type("docker rm -f deep")


@pytest.mark.step(81)
def test_the_source_is_missing(lab: Lab, window: Window) -> None:
    """Case 3, no local folder: all of its path is made, root's and empty, and so is the container's folder then."""
    window.type("docker run -d --rm --name=empty -v ~/on/local/machine:/usr/share/nginx/html nginx")
    for folder in ("on", "on/local", "on/local/machine"):
        assert lab.as_root(f"{STAT} /home/user/{folder}").strip() == "root root 755"
    assert lab.as_root("ls -A /home/user/on/local/machine") == ""
    assert window.type(f"docker exec empty ls -A {SITE}").text == ""
    assert window.type(f"docker exec empty {STAT} {SITE}").text == "root root 755"
    window.type("docker rm -f empty")


@pytest.mark.step(81)
def test_both_are_missing(lab: Lab, window: Window) -> None:
    """Case 4, neither exists: both paths are made, root's and empty."""
    window.type("docker run -d --rm --name=none -v ~/out/of/nothing:/dir/in/container nginx")
    assert lab.as_root(f"{STAT} /home/user/out/of/nothing").strip() == "root root 755"
    for folder in ("/dir", "/dir/in", "/dir/in/container"):
        assert window.type(f"docker exec none {STAT} {folder}").text == "root root 755"
    assert window.type("docker exec none ls -A /dir/in/container").text == ""
    window.type("docker rm -f none")


@pytest.mark.step(81)
def test_changes_go_both_ways(lab: Lab, window: Window) -> None:
    """What is changed inside is seen outside, and the other way round."""
    window.type(f"docker exec web sh -c 'echo inside > {SITE}/inside'")
    assert window.type("cat ~/content/inside").text == "inside"
    lab.as_root("echo outside > /home/user/content/inside")
    assert window.type(f"docker exec web cat {SITE}/inside").text == "outside"
    window.type(f"docker exec web rm {SITE}/inside")
    assert window.type("ls ~/content").text == "index.html"


@pytest.mark.step(81)
def test_read_only(window: Window) -> None:
    """With `:ro` the container reads the files and cannot change them; outside they can be changed."""
    window.type("docker run -d --rm --name=reader -v ~/content:/dir/in/container:ro nginx")
    command = "docker exec reader sh -c 'echo no > /dir/in/container/index.html'"
    assert "Read-only file system" in window.type(command, code=2).text
    assert TEXT in window.type("docker exec reader cat /dir/in/container/index.html").text
    window.type("touch ~/content/index.html")
    window.type("docker rm -f reader")


@pytest.mark.step(82)
def test_in_the_browser(lab: Lab, browser: LabBrowser) -> None:
    """The browser of the main system shows the page at the machine's address."""
    assert browser.open(f"http://{lab.address}/") == TEXT
    assert _colour(browser) == "rgb(0, 0, 0)"


@pytest.mark.step(83)
def test_it_turns_red(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """Once the local file is changed the page, loaded anew, is red: nothing is built or started anew."""
    page = """<h1 style="color: red">Hello from the local directory</h1>"""
    window.type(f"echo '{page}' > ~/content/index.html")
    assert browser.open(f"http://{lab.address}/") == TEXT
    assert _colour(browser) == "rgb(255, 0, 0)"


def _await_page(lab: Lab) -> None:
    command = "curl -fs -o /dev/null 127.0.0.1 && echo yes || echo no"
    wait_until(lab.machine.container, lambda: lab.as_root(command).strip() == "yes", "the page is there", 20)


def _colour(browser: LabBrowser) -> str:
    script = "return getComputedStyle(document.querySelector('h1')).color"
    return str(browser.driver.execute_script(script)).replace("rgba", "rgb").replace(", 1)", ")")
