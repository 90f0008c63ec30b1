"""Steps 47-60: the networks that are there, two containers on the default one, and `--link`."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["avenga/net-tools"]
PONG = r"64 bytes from .*seq=[12] "  # a second answer: it goes on; busybox counts from 0


@pytest.mark.step(47)
def test_three_networks(window: Window) -> None:
    """There are three networks at first: bridge, host and none, each with its driver."""
    rows = window.type("docker network ls").rows
    assert {(row[1], row[2]) for row in rows} == {("bridge", "bridge"), ("host", "host"), ("none", "null")}
    assert {row[3] for row in rows} == {"local"}


@pytest.mark.step(47)
def test_no_second_host_network(window: Window) -> None:
    """Networks of one's own can be made, but for those of the drivers host and null."""
    assert "only one instance" in window.type("docker network create --driver host mine", code=1).text
    assert "only one instance" in window.type("docker network create --driver null mine", code=1).text


@pytest.mark.step(47)
def test_none_isolates(window: Window) -> None:
    """On `none` a container has no network but itself, on `host` it has the machine's interfaces."""
    alone = window.type("docker run --rm --network=none avenga/net-tools ip a").text
    assert set(re.findall(r"^\d+: ([\w.-]+)", alone, re.MULTILINE)) == {"lo"}
    shared = window.type("docker run --rm --network=host avenga/net-tools ip a").text
    assert "docker0" in re.findall(r"^\d+: ([\w.-]+)", shared, re.MULTILINE)


@pytest.mark.step(48)
def test_two_windows(lab: Lab) -> None:
    """`--name` gives a container its name; each runs interactively in a window of its own."""
    lab.window(1).enter("docker run -it --name=one avenga/net-tools")
    lab.window(2).enter("docker run -it --name=two avenga/net-tools")
    assert {container.name for container in lab.client.containers.list()} == {"one", "two"}


@pytest.mark.step(49)
def test_address_of_one(lab: Lab, window: Window) -> None:
    """`ip a` in container one shows lo and eth0, with an address of the network bridge."""
    text = window.type("ip a").text
    assert re.findall(r"^\d+: (\w+)", text, re.MULTILINE) == ["lo", "eth0"]
    assert _address(text) == _address_of(lab, "one")
    subnet = lab.client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"]
    assert ip_address(_address(text)) in ip_network(subnet)


@pytest.mark.step(50)
def test_address_of_two(lab: Lab) -> None:
    """In container two there is the same but for the address, which is the next one."""
    text = lab.window(2).type("ip a").text
    assert re.findall(r"^\d+: (\w+)", text, re.MULTILINE) == ["lo", "eth0"]
    one, two = _address_of(lab, "one"), _address(text)
    assert two == _address_of(lab, "two")
    assert int(two.rpartition(".")[2]) == int(one.rpartition(".")[2]) + 1


@pytest.mark.step(51)
def test_ping_by_address(lab: Lab, window: Window) -> None:
    """Containers on the default network see each other: the second answers the first's ping."""
    _ping(window, _address_of(lab, "two"))


@pytest.mark.step(51)
def test_no_names_there(window: Window) -> None:
    """By name they do not find each other there: the default network has no DNS of Docker's."""
    window.type("ping -c 1 two", code=None)
    assert window.type("echo $?").text != "0"


@pytest.mark.step(52, 53, 55)
def test_linked(lab: Lab) -> None:
    """`--link` connects a new container to running ones, under their names or another."""
    third = lab.window(3)
    third.enter("docker run -it --name=three --link=one --link=two:alias_for_two avenga/net-tools")
    assert len(lab.client.containers.list()) == 3


@pytest.mark.step(56)
def test_variables_of_the_link(lab: Lab) -> None:
    """Among the variables of container three are ONE_NAME and ALIAS_FOR_TWO_NAME."""
    variables = dict(line.split("=", 1) for line in lab.window(3).type("env").text.splitlines() if "=" in line)
    assert variables["ONE_NAME"] == "/three/one"
    assert variables["ALIAS_FOR_TWO_NAME"] == "/three/alias_for_two"


@pytest.mark.step(54, 57)
def test_hosts_file_of_the_link(lab: Lab) -> None:
    """Its /etc/hosts has a line for each linked one, address, names and 12 characters of the id, and one for itself."""
    one, two, three = (lab.client.containers.get(name) for name in ("one", "two", "three"))
    lines = [line.split() for line in lab.window(3).type("cat /etc/hosts").text.splitlines()]
    names = {line[0]: set(line[1:]) for line in lines if line[0].startswith("172.")}
    assert names == {
        _address_of(lab, "one"): {"one", one.short_id},
        _address_of(lab, "two"): {"alias_for_two", two.short_id, "two"},
        _address_of(lab, "three"): {three.short_id},
    }


@pytest.mark.step(54)
def test_the_linked_ones_are_unchanged(lab: Lab, window: Window) -> None:
    """In the containers that it was linked to nothing has changed: neither variables nor /etc/hosts."""
    assert "THREE" not in window.type("env").text
    assert _address_of(lab, "three") not in window.type("cat /etc/hosts").text


@pytest.mark.step(58)
def test_ping_by_linked_name(lab: Lab) -> None:
    """Container three pings container one by its name, and container two by name and alias."""
    third = lab.window(3)
    _ping(third, "one")
    _ping(third, "two")
    _ping(third, "alias_for_two")


@pytest.mark.step(59)
def test_not_the_other_way(lab: Lab, window: Window) -> None:
    """Back from one to three a ping goes by address, not by name: a link leads one way."""
    _ping(window, _address_of(lab, "three"))
    window.type("ping -c 1 three", code=None)
    assert window.type("echo $?").text != "0"


@pytest.mark.step(60)
def test_names_are_free_again(lab: Lab, window: Window) -> None:
    """A name is taken as long as its container exists, also a stopped one; removed by name, it is free."""
    window.leave("exit")
    for number in (2, 3):
        lab.window(number).leave("exit")
    assert "already in use" in window.type("docker run --name=one avenga/net-tools true", code=125).text
    window.type("docker stop one two three")
    window.type("docker rm one two three")
    assert window.type("docker ps -a").rows == []


def _ping(window: Window, whom: str) -> None:
    """Ping as a person does: watch two answers, then press Ctrl+C."""
    window.start(f"ping {whom}", PONG)
    window.press("ctrl+c")
    assert " 0% packet loss" in window.end().text


def _address(text: str) -> str:
    """Return the address of eth0 in what `ip a` prints."""
    found = re.search(r"eth0.*?inet ([\d.]+)/16", text, re.DOTALL)
    assert found, text
    return found[1]


def _address_of(lab: Lab, name: str) -> str:
    return str(lab.client.containers.get(name).attrs["NetworkSettings"]["IPAddress"])
