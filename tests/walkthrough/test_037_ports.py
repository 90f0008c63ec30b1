"""Steps 37-46: reaching one container: through the host's network, or by published ports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from labcheck.containers import wait_until

if TYPE_CHECKING:
    from docker.models.containers import Container

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
REFUSED = 7  # curl's exit code for a connection that is refused, https://everything.curl.dev/cmdline/exitcode.html
WELCOME = "Welcome to nginx!"


@pytest.mark.step(37)
def test_an_isolated_network(window: Window) -> None:
    """A server listens on port 80 of its own network: on the machine's nobody does."""
    window.type("docker run -d nginx")
    assert "Failed to connect" in window.type("curl 127.0.0.1:80", code=REFUSED).text


@pytest.mark.step(38, 39)
def test_the_hosts_network(lab: Lab, window: Window) -> None:
    """With `--network=host` it shares the machine's network, and answers on it."""
    (first,) = lab.client.containers.list()
    window.type(f"docker stop {first.short_id}")
    window.type("docker run -d --network=host nginx")
    _await_answer(lab, 80)
    assert WELCOME in window.type("curl 127.0.0.1:80").text


@pytest.mark.step(40)
def test_a_second_one_does_not_run(lab: Lab, window: Window) -> None:
    """A second one started the same way ends soon: the first runs on, alone."""
    (first,) = lab.client.containers.list()
    second = lab.client.containers.get(window.type("docker run -d --network=host nginx").text)
    _await_end(second)
    (row,) = window.type("docker ps").rows
    assert row[0] == first.short_id


@pytest.mark.step(41)
def test_its_log_says_why(lab: Lab, window: Window) -> None:
    """`docker logs` tells: several times it tried to take port 80, which the first has, then it gave up."""
    (second,) = [one for one in lab.client.containers.list(all=True, filters={"status": "exited"}) if _failed(one)]
    text = window.type(f"docker logs {second.short_id}").text
    assert len(re.findall(r"bind\(\) to 0\.0\.0\.0:80 failed \(98: .*in use\)", text)) > 1
    assert "still could not bind()" in text


@pytest.mark.step(42)
def test_the_first_is_stopped(lab: Lab, window: Window) -> None:
    """Once the first is stopped, port 80 is free."""
    (first,) = lab.client.containers.list()
    window.type(f"docker stop {first.short_id}")
    window.type("curl 127.0.0.1:80", code=REFUSED)


@pytest.mark.step(38, 43)
def test_a_published_port(lab: Lab, window: Window) -> None:
    """`-p 8080:80` leads from port 8080 of the machine to port 80 of the container; `docker port` tells."""
    window.type("docker run -d -p 8080:80 nginx")
    (container,) = lab.client.containers.list()
    assert "80/tcp -> 0.0.0.0:8080" in window.type(f"docker port {container.short_id}").text
    _await_answer(lab, 8080)
    assert WELCOME in window.type("curl 127.0.0.1:8080").text


@pytest.mark.step(43)
def test_several_ports_and_protocols(lab: Lab, window: Window) -> None:
    """`-p` can be repeated; there are ranges, a free port of the engine's choice, and UDP beside TCP."""
    window.type("docker run -d -p 8081:80 -p 8082:80 -p 9000-9002:9000-9002 -p 9000:9000/udp -p 81 nginx")
    container = lab.client.containers.list()[0]
    text = window.type(f"docker port {container.short_id}").text
    assert set(re.findall(r"^80/tcp -> 0\.0\.0\.0:(\d+)", text, re.MULTILINE)) == {"8081", "8082"}
    assert set(re.findall(r"^900\d/tcp -> 0\.0\.0\.0:(\d+)", text, re.MULTILINE)) == {"9000", "9001", "9002"}
    assert "9000/udp -> 0.0.0.0:9000" in text
    assert re.search(r"^81/tcp -> 0\.0\.0\.0:\d{5}$", text, re.MULTILINE)
    window.type(f"docker rm -f {container.short_id}")


@pytest.mark.step(44)
def test_two_on_two_ports(lab: Lab, window: Window) -> None:
    """Another one on port 80: both answer, each on its port of 127.0.0.1."""
    window.type("docker run -d -p 80:80 nginx")
    _await_answer(lab, 80)
    assert WELCOME in window.type("curl 127.0.0.1:80").text
    assert WELCOME in window.type("curl 127.0.0.1:8080").text


@pytest.mark.step(45)
def test_from_the_main_system(lab: Lab, browser: LabBrowser) -> None:
    """The browser of another machine shows the page at the virtual machine's address."""
    assert WELCOME in browser.open(f"http://{lab.address}/")
    assert WELCOME in browser.open(f"http://{lab.address}:8080/")


@pytest.mark.step(46)
def test_all_are_stopped(lab: Lab, window: Window) -> None:
    """`docker stop` takes them all at once; then nobody answers."""
    first, second = (container.short_id for container in lab.client.containers.list())
    window.type(f"docker stop {first} {second}")
    assert window.type("docker ps").rows == []
    window.type("curl 127.0.0.1:80", code=REFUSED)


def _await_answer(lab: Lab, port: int) -> None:
    """Wait until a port of the machine answers: a person is slower than nginx, a test is not."""
    command = f"curl -fs -o /dev/null 127.0.0.1:{port} && echo yes || echo no"
    wait_until(lab.machine.container, lambda: lab.as_root(command).strip() == "yes", f"port {port} answers", 20)


def _await_end(container: Container) -> None:
    container.wait(timeout=30)


def _failed(container: Container) -> bool:
    return bool(container.attrs["State"]["ExitCode"])
