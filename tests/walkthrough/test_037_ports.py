"""Steps 37-46: reaching one container: through the host's network, or by published ports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import wait_for_log

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
REFUSED = 7  # curl's exit code for a connection that is refused, https://everything.curl.dev/cmdline/exitcode.html
WELCOME = "Welcome to nginx!"


@pytest.mark.step(37)
def test_an_isolated_network(lab: Lab, window: Window) -> None:
    """A server listens on port 80 of its own network alone: on the machine's nobody does."""
    window.type("docker run -d nginx")
    (container,) = lab.client.containers.list()
    wait_for_log(container, "start worker process")
    address = container.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert WELCOME in window.type(f"curl {address}:80").text
    assert "Failed to connect" in window.type("curl 127.0.0.1:80", code=REFUSED).text


@pytest.mark.step(38, 39)
def test_the_hosts_network(lab: Lab, window: Window) -> None:
    """With `--network=host` it shares the machine's network, and answers on it."""
    (first,) = lab.client.containers.list()
    window.type(f"docker stop {first.short_id}")
    window.type("docker run -d --network=host nginx")
    lab.await_page()
    assert WELCOME in window.type("curl 127.0.0.1:80").text


@pytest.mark.step(40)
def test_a_second_one_does_not_run(lab: Lab, window: Window) -> None:
    """A second one started the same way ends after some seconds: the first runs on, alone."""
    lab.await_containers(1)
    (first,) = lab.client.containers.list()
    assert re.fullmatch(r"[0-9a-f]{64}", window.type("docker run -d --network=host nginx").text), "the id, no more"
    lab.await_containers(1)
    (row,) = window.type("docker ps").rows
    assert row[0] == first.short_id


@pytest.mark.step(41)
def test_its_log_says_why(lab: Lab, window: Window) -> None:
    """`docker logs` tells: several times it tried to take port 80, which the first has, then it gave up."""
    (second,) = lab.client.containers.list(all=True, limit=1)
    text = window.type(f"docker logs {second.short_id}").text
    assert len(re.findall(r"bind\(\) to 0\.0\.0\.0:80 failed \(98: .*in use\)", text)) > 1
    assert "still could not bind()" in text
    assert second.attrs["State"]["ExitCode"] == 1


@pytest.mark.step(42)
def test_the_first_is_stopped(lab: Lab, window: Window) -> None:
    """Once the first is stopped, port 80 is free."""
    (first,) = lab.client.containers.list()
    window.type(f"docker stop {first.short_id}")
    window.type("curl 127.0.0.1:80", code=REFUSED)
    lab.await_containers(0)


@pytest.mark.step(38, 43)
def test_a_published_port(lab: Lab, window: Window) -> None:
    """`-p 8080:80` leads from port 8080 of the machine to port 80 of the container; `docker port` tells."""
    window.type("docker run -d -p 8080:80 nginx")
    (container,) = lab.client.containers.list()
    assert "80/tcp -> 0.0.0.0:8080" in window.type(f"docker port {container.short_id}").text
    lab.await_page(8080)
    assert WELCOME in window.type("curl 127.0.0.1:8080").text


@pytest.mark.step(43)
def test_several_ports_and_protocols(window: Window) -> None:
    """`-p` can be repeated; there are ranges, a free port of the engine's choice, and UDP apart from TCP."""
    window.type("docker run -d --name=many -p 8081:80 -p 9000-9002:9000-9002 -p 8083:81/tcp -p 8083:82/udp -p 83 nginx")
    lines = set(re.findall(r"^(\d+/\w+) -> 0\.0\.0\.0:(\d+)$", window.type("docker port many").text, re.MULTILINE))
    (chosen,) = [outside for inside, outside in lines if inside == "83/tcp"]
    assert int(chosen) > 1024
    assert lines == {
        ("80/tcp", "8081"),
        ("81/tcp", "8083"),
        ("82/udp", "8083"),
        ("83/tcp", chosen),
        ("9000/tcp", "9000"),
        ("9001/tcp", "9001"),
        ("9002/tcp", "9002"),
    }
    window.type("docker rm -f many")


@pytest.mark.step(44)
def test_two_on_two_ports(lab: Lab, window: Window) -> None:
    """Another one on port 80: both answer, each on its port of 127.0.0.1."""
    window.type("docker run -d -p 80:80 nginx")
    lab.await_page()
    assert WELCOME in window.type("curl 127.0.0.1:80").text
    assert WELCOME in window.type("curl 127.0.0.1:8080").text


@pytest.mark.step(45)
def test_from_the_main_system(lab: Lab, browser: LabBrowser) -> None:
    """The browser of another machine shows the page at the virtual machine's address."""
    assert WELCOME in browser.open(f"http://{lab.address}/")


@pytest.mark.step(46)
def test_all_are_stopped(lab: Lab, window: Window) -> None:
    """`docker stop` takes them all at once; then nobody answers."""
    first, second = (container.short_id for container in lab.client.containers.list())
    window.type(f"docker stop {first} {second}")
    lab.await_containers(0)
    assert window.type("docker ps").rows == []
    window.type("curl 127.0.0.1:80", code=REFUSED)
