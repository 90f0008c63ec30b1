"""Steps 79-83: a folder of the machine in a container, and what becomes of owners, modes and files in each case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
TEXT = "Hello from the local directory"
HOME = "/home/user"
SITE = "/usr/share/nginx/html"
STAT = "stat -c '%U %G %a'"
NUMBERS = "stat -c '%u %g %a'"  # a container knows other names
ROOTS = "root root 755"


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
    lab.await_page()
    assert window.type("curl 127.0.0.1").text == f"<h1>{TEXT}</h1>"


@pytest.mark.step(81)
def test_both_are_there(lab: Lab, window: Window) -> None:
    """Case 1, both folders exist: the container's has the local one's files, owner and mode, and no others."""
    window.type("chmod 750 ~/content")
    local = window.type("stat -c '%u %g %a' ~/content").text
    assert not local.startswith("0 0 "), "the folder is the user's"
    assert window.type(f"docker exec web {NUMBERS} {SITE}").text == local
    assert window.type(f"docker exec web ls {SITE}").text == "index.html"
    window.type("chmod 755 ~/content")
    _assert_changes_go_both_ways(lab, window, "web", SITE, f"{HOME}/content")


@pytest.mark.step(81)
def test_the_images_files_are_hidden(window: Window) -> None:
    """What was in the container's folder does not vanish, as the text has it: it is there again without the mount."""
    assert window.type("docker run --rm -v ~/content:/usr/share/nginx/html nginx ls /usr/share/nginx/html").text == (
        "index.html"
    )
    own = window.type("docker run --rm nginx ls /usr/share/nginx/html").text
    assert own.split() == ["50x.html", "index.html"]


@pytest.mark.step(81)
def test_the_target_is_missing(lab: Lab, window: Window) -> None:
    """Case 2, no folder in the container: its path is made, root's, but the last one with the local one's owner."""
    window.type("chmod 750 ~/content")
    window.type("docker run -d --rm --name=deep -v ~/content:/srv/in/container nginx")
    assert window.type(f"docker exec deep {STAT} /srv/in").text == ROOTS
    local = window.type("stat -c '%u %g %a' ~/content").text
    assert window.type(f"docker exec deep {NUMBERS} /srv/in/container").text == local
    window.type("chmod 755 ~/content")
    assert TEXT in window.type("docker exec deep cat /srv/in/container/index.html").text
    _assert_changes_go_both_ways(lab, window, "deep", "/srv/in/container", f"{HOME}/content")
    window.type("docker rm -f deep")


@pytest.mark.step(81)
def test_the_source_is_missing(lab: Lab, window: Window) -> None:
    """Case 3, no local folder: all of its path is made, root's and empty, and so is the container's folder then."""
    window.type("docker run -d --rm --name=empty -v ~/on/local/machine:/usr/share/nginx/html nginx")
    for folder in ("~/on", "~/on/local", "~/on/local/machine"):
        assert window.type(f"{STAT} {folder}").text == ROOTS
    assert window.type("ls -A ~/on/local/machine").text == ""
    assert "Permission denied" in window.type("touch ~/on/local/machine/file", code=1).text
    assert window.type(f"docker exec empty ls -A {SITE}").text == ""
    assert window.type(f"docker exec empty {STAT} {SITE}").text == ROOTS
    _assert_changes_go_both_ways(lab, window, "empty", SITE, f"{HOME}/on/local/machine")
    window.type("docker rm -f empty")


@pytest.mark.step(81)
def test_both_are_missing(lab: Lab, window: Window) -> None:
    """Case 4, neither exists: both paths are made, root's and empty."""
    window.type("docker run -d --rm --name=none -v ~/out/of/nothing:/dir/in/container nginx")
    for folder in ("~/out", "~/out/of", "~/out/of/nothing"):
        assert window.type(f"{STAT} {folder}").text == ROOTS
    for folder in ("/dir", "/dir/in", "/dir/in/container"):
        assert window.type(f"docker exec none {STAT} {folder}").text == ROOTS
    assert window.type("ls -A ~/out/of/nothing").text == ""
    assert window.type("docker exec none ls -A /dir/in/container").text == ""
    _assert_changes_go_both_ways(lab, window, "none", "/dir/in/container", f"{HOME}/out/of/nothing")
    window.type("docker rm -f none")


@pytest.mark.step(81)
def test_read_only(window: Window) -> None:
    """With `:ro` the container reads the files and cannot change them; outside they can be, and it sees that."""
    window.type("docker run -d --rm --name=reader -v ~/content:/dir/in/container:ro nginx")
    assert TEXT in window.type("docker exec reader cat /dir/in/container/index.html").text
    for command in ("touch /dir/in/container/new", "rm /dir/in/container/index.html", "chmod 777 /dir/in/container"):
        assert "Read-only file system" in window.type(f"docker exec reader {command}", code=1).text
    window.type("echo outside > ~/content/seen")
    assert window.type("docker exec reader cat /dir/in/container/seen").text == "outside"
    window.type("rm ~/content/seen")
    window.type("docker rm -f reader")


@pytest.mark.step(82)
def test_in_the_browser(lab: Lab, browser: LabBrowser) -> None:
    """The browser of the main system shows the page at the machine's address."""
    assert browser.open(f"http://{lab.address}/") == TEXT
    assert _colour(browser) == "rgb(0, 0, 0)"


@pytest.mark.step(83)
def test_it_turns_red(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """Once the local file is changed the page, loaded anew, is red: nothing is built or started anew."""
    before = lab.client.containers.get("web").attrs["State"]["StartedAt"]
    page = """<h1 style="color: red">Hello from the local directory</h1>"""
    window.type(f"echo '{page}' > ~/content/index.html")
    browser.driver.refresh()
    assert browser.shown("reload") == TEXT
    assert _colour(browser) == "rgb(255, 0, 0)"
    assert lab.client.containers.get("web").attrs["State"]["StartedAt"] == before


@pytest.mark.step(82)
def test_the_browser_keeps_the_page_of_before(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """A browser that was here before the folder was mounted (step 45) shows what it has kept, until F5."""
    window.type("docker run --rm --name=before -d -p 8080:80 nginx")
    lab.await_page(8080)
    assert "Welcome to nginx!" in browser.open(f"http://{lab.address}:8080/")
    window.type("docker stop before")
    lab.await_containers(1, stopped_too=True)  # its port is free a moment after `docker stop` has ended
    window.type("docker run --rm --name=after -d -p 8080:80 -v ~/content:/usr/share/nginx/html nginx")
    lab.await_page(8080)
    browser.open("about:blank")
    assert "Welcome to nginx!" in browser.open(f"http://{lab.address}:8080/")
    assert browser.reload() == TEXT
    window.type("docker stop after")


def _assert_changes_go_both_ways(lab: Lab, window: Window, name: str, inside: str, outside: str) -> None:
    """Change a file inside of a container and see it outside, and the other way round, until it is gone."""
    window.type(f"docker exec {name} sh -c 'echo inside > {inside}/seen'")
    assert window.type(f"cat {outside}/seen").text == "inside"
    lab.as_root(f"echo outside > {outside}/seen")
    assert window.type(f"docker exec {name} cat {inside}/seen").text == "outside"
    lab.as_root(f"rm {outside}/seen")
    assert "seen" not in window.type(f"docker exec {name} ls {inside}").text.split()


def _colour(browser: LabBrowser) -> str:
    script = "return getComputedStyle(document.querySelector('h1')).color"
    return str(browser.driver.execute_script(script))
