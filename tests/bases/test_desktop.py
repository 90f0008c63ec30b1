"""What beneventsur/xubuntu:vscode-1.44.2 promises (lab steps 89 to 93), original or stand-in; last, what that adds."""

from __future__ import annotations

import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest
import requests

from labcheck.checks.testbed import listening
from labcheck.engine.containers import get_texts, inside, published_port, wait_for_log, wait_until
from labcheck.images import lab as images
from labcheck.images import toolimages
from tests import desktop
from tests.reports.browser import browsing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.volumes import Volume
    from selenium.webdriver.remote.webdriver import WebDriver

    from labcheck.images.bases import Source
    from tests.conftest import Start

pytestmark = pytest.mark.slow  # not one of those that `make build-all` gets
NAME = "beneventsur/xubuntu:vscode-1.44.2"
PASSWORD = "123456"  # noqa: S105 - the lab's, step 89
NOVNC, VNC = 6080, 5901
SECONDS = 60


@pytest.fixture
def name() -> str:
    """The official name."""
    return NAME


@pytest.fixture(scope="module")
def driver(engine: DockerClient, source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """A browser on another machine than the desktop."""
    image = toolimages.ensure(engine, source, images.CHECKOUT / "tests" / "keeper" / "chromium")
    with browsing(image, tmp_path_factory.mktemp("nothing")) as browser:
        yield browser.driver


@pytest.fixture
def container(image: str, start: Start, volume: Volume) -> Container:
    """A running desktop, as step 89 starts it, but for the ports, which are free ones."""
    ports = {f"{port}/tcp": ("127.0.0.1", 0) for port in (NOVNC, VNC)}
    mounts = {volume.name: {"bind": "/root/site", "mode": "rw"}}
    started = start(image, environment={"PASSWORD": PASSWORD}, ports=ports, volumes=mounts)
    wait_until_ready(started)
    return started


def wait_until_ready(container: Container) -> None:
    """Wait until noVNC listens and the desktop is there."""
    wait_until(container, lambda: NOVNC in {port for _address, port in listening(container)}, "noVNC listens", SECONDS)
    wait_until(container, lambda: "Desktop" in desktop.titles(container), "the desktop is there", SECONDS)


def page_of(container: Container) -> str:
    """Return the address of noVNC's page, as a browser in another container reaches it."""
    container.reload()
    return f"http://{container.attrs['NetworkSettings']['IPAddress']}:{NOVNC}/vnc.html"


def test_both_ports_are_exposed(engine: DockerClient, image: str) -> None:
    """The image says that it listens on 6080 and 5901 (step 89)."""
    assert {f"{NOVNC}/tcp", f"{VNC}/tcp"} <= set(engine.images.get(image).attrs["Config"]["ExposedPorts"])


def test_the_page_is_served(container: Container) -> None:
    """Port 6080 serves noVNC's page, vnc.html (step 90)."""
    response = requests.get(f"http://127.0.0.1:{published_port(container, NOVNC)}/vnc.html", timeout=10)
    assert response.status_code == 200
    assert "<title>noVNC</title>" in response.text


def test_a_wrong_password_is_refused(container: Container, driver: WebDriver) -> None:
    """With another password noVNC says that it is refused, and shows no desktop; with the right one it does."""
    with pytest.raises(AssertionError, match=r"(?i)rejected.*authentication|authentication fail"):
        desktop.connect(driver, page_of(container), "654321")
    desktop.connect(driver, page_of(container), PASSWORD)


def test_a_page_is_changed_by_the_editor(
    container: Container,
    volume: Volume,
    driver: WebDriver,
    start: Start,
    base: Callable[[str], str],
) -> None:
    """The page that nginx put on the volume is opened, changed and saved in the editor; nginx serves it (step 92)."""
    mounts = {volume.name: {"bind": "/usr/share/nginx/html", "mode": "ro"}}
    web = start(base("nginx:latest"), volumes=mounts, ports={"80/tcp": ("127.0.0.1", 0)})
    wait_for_log(web, r"start worker process \d+", seconds=SECONDS)
    url = f"http://127.0.0.1:{published_port(web, 80)}/"
    assert "Welcome to nginx!" in requests.get(url, timeout=10).text
    desktop.connect(driver, page_of(container), PASSWORD)
    desktop.start_editor(driver, container)
    desktop.open_file(driver, container, "/root/site/index.html")
    desktop.type_over(driver, container, "Changed by hand, and saved: да")
    assert "Welcome to nginx!" in requests.get(url, timeout=10).text
    desktop.save(driver, container)
    response = requests.get(url, timeout=10)
    assert response.content.decode().strip() == "Changed by hand, and saved: да"


def test_width_and_height(image: str, container: Container, start: Start) -> None:
    """The screen has 1920 by 1080 pixels, or what WIDTH and HEIGHT say."""
    assert desktop.screen_size(container) == "1920x1080"
    small = start(image, environment={"PASSWORD": PASSWORD, "WIDTH": "800", "HEIGHT": "600"})
    wait_until(small, lambda: desktop.screen_size(small) == "800x600", "the screen has 800 by 600 pixels", SECONDS)


@pytest.mark.usefixtures("stand_in")
def test_vnc_asks_for_the_password(container: Container) -> None:
    """Port 5901 speaks VNC, and offers one way in, by password; the original's answers from within alone.

    https://www.rfc-editor.org/rfc/rfc6143#section-7.1.2
    """
    address = ("127.0.0.1", published_port(container, VNC))
    with socket.create_connection(address, timeout=10) as connection, connection.makefile("rwb", buffering=0) as stream:
        assert stream.read(12) == b"RFB 003.008\n"
        stream.write(b"RFB 003.008\n")
        assert stream.read(2) == b"\x01\x02"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "docker run -e PASSWORD="),
        ({"PASSWORD": ""}, "docker run -e PASSWORD="),
        ({"PASSWORD": PASSWORD, "WIDTH": "wide"}, "WIDTH=wide"),
        ({"PASSWORD": PASSWORD, "HEIGHT": ""}, "HEIGHT= "),
    ],
)
def test_bad_settings_are_explained(stand_in: str, start: Start, environment: dict[str, str], said: str) -> None:
    """Without a password, or with a size that is none, it ends with a sentence on stderr that says what to set."""
    container = start(stand_in, environment=environment)
    assert container.wait(timeout=SECONDS)["StatusCode"] == 1
    (line,) = container.logs(stdout=False).decode().splitlines()
    assert said in line
    assert container.logs(stderr=False) == b""


@pytest.mark.usefixtures("stand_in")
def test_it_logs_to_stderr_and_stops_when_asked(container: Container) -> None:
    """`docker logs` shows on stderr what it does, and `docker stop` need not kill it."""
    assert f"port {VNC}" in container.logs(stdout=False).decode()
    assert container.logs(stderr=False) == b""
    container.stop(timeout=SECONDS)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 128 + signal.SIGTERM


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("program", ["^/usr/bin/Xtigervnc ", "^python3 .* websockify "], ids=["VNC", "noVNC"])
def test_it_ends_with_what_it_consists_of(container: Container, program: str) -> None:
    """When VNC or noVNC dies, the container ends, rather than stand there deaf."""
    assert inside(container, "pkill", "-9", "-f", program)[0] == 0
    assert container.wait(timeout=SECONDS)["StatusCode"] == 1
    assert re.search("^desktop: .* has ended$", container.logs(stdout=False).decode(), re.MULTILINE)


@pytest.mark.usefixtures("stand_in")
def test_it_starts_again_after_it_was_killed(container: Container) -> None:
    """`docker kill` and `docker start` give a desktop again: the lock that was left is no hindrance."""
    container.kill()
    container.wait(timeout=SECONDS)
    container.start()
    wait_until_ready(container)


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_says_that_it_is_one(container: Container) -> None:
    """A stand-in names itself in /etc/os-release."""
    (release,) = get_texts(container, "/usr/lib/os-release")
    assert f'VARIANT="stand-in for {NAME}"' in release.splitlines()
