"""Steps 47-60: the networks that are there, containers on the default one, and `--link`."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from tests.walkthrough import ping

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["nginx", "avenga/net-tools"]


@pytest.mark.step(47)
def test_three_networks(window: Window) -> None:
    """There are three networks at first: bridge, host and none, each with its driver."""
    rows = window.type("docker network ls").rows
    assert {tuple(row[1:]) for row in rows} == {
        ("bridge", "bridge", "local"),
        ("host", "host", "local"),
        ("none", "null", "local"),
    }


@pytest.mark.step(47)
def test_no_second_host_network(window: Window) -> None:
    """Networks of one's own can be made, but for those of the drivers host and null."""
    assert "only one instance" in window.type("docker network create --driver host mine", code=1).text
    assert "only one instance" in window.type("docker network create --driver null mine", code=1).text


@pytest.mark.step(47)
def test_none_isolates(window: Window) -> None:
    """On `none` a container has no network but itself, on `host` it has the machine's interfaces."""
    assert _interfaces(window.type("docker run --rm --network=none avenga/net-tools ip a").text) == ["lo"]
    assert "docker0" in _interfaces(window.type("docker run --rm --network=host avenga/net-tools ip a").text)


@pytest.mark.step(48)
def test_tools(window: Window) -> None:
    """The image of nginx has no `ping`, that of network tools has it."""
    window.type("docker run --rm nginx which ping", code=1)
    assert window.type("docker run --rm avenga/net-tools which ping").text.endswith("/ping")


@pytest.mark.step(48)
def test_two_windows(lab: Lab) -> None:
    """`--name` gives a container its name; each runs interactively in a window of its own."""
    lab.window(1).enter("docker run -it --name=one avenga/net-tools")
    lab.window(2).enter("docker run -it --name=two avenga/net-tools")
    lab.await_containers(2)
    assert {container.name for container in lab.client.containers.list()} == {"one", "two"}


@pytest.mark.step(49)
def test_address_of_one(lab: Lab, window: Window) -> None:
    """`ip a` in container one shows lo and eth0, with an address of the network bridge."""
    text = window.type("ip a").text
    assert _interfaces(text) == ["lo", "eth0"]
    assert _address(text) == _address_of(lab, "one")
    assert ip_address(_address(text)) in _subnet(lab)


@pytest.mark.step(50)
def test_address_of_two(lab: Lab, window: Window) -> None:
    """In container two there is the same but for the address; and, unlike the text says, interface number and MAC."""
    one = window.type("ip a").text
    two = lab.window(2).type("ip a").text
    assert _address(one) != _address(two) == _address_of(lab, "two")
    assert _without_own(one) == _without_own(two)


@pytest.mark.step(51)
def test_ping_by_address(lab: Lab, window: Window) -> None:
    """Containers on the default network see each other: the second answers the first's ping."""
    two = _address_of(lab, "two")
    window.start(f"ping {two}", ping.ANSWERS)
    ping.interrupt(window)


@pytest.mark.step(51, 61)
def test_no_names_there(window: Window) -> None:
    """By name they do not find each other there: the default network has no DNS of Docker's."""
    assert re.search(ping.UNKNOWN, window.type("ping two").text)


@pytest.mark.step(52)
def test_addresses_change(lab: Lab) -> None:
    """Addresses are given as containers start: started in another order, two of them swap theirs."""
    third = lab.window(3)
    third.type("docker run -d --name=first nginx")
    third.type("docker run -d --name=second nginx")
    before = [_address_of(lab, name) for name in ("first", "second")]
    third.type("docker stop first second")
    lab.await_containers(2)  # their addresses are free a moment after `docker stop` has ended
    third.type("docker start second first")
    assert [_address_of(lab, name) for name in ("second", "first")] == before
    third.type("docker rm -f first second")


@pytest.mark.step(52)
def test_fixed_address(lab: Lab) -> None:
    """`--ip` fixes an address, but not on the networks so far; a network with a range of its own is needed for that."""
    third = lab.window(3)
    address = _subnet(lab)[77]
    refused = third.type(f"docker run --rm --ip={address} avenga/net-tools ip a", code=125).text
    assert "user specified IP address is supported" in refused
    third.type("docker network create --subnet=10.77.0.0/24 --ip-range=10.77.0.128/25 ranged")
    fixed = third.type("docker run --rm --network=ranged --ip=10.77.0.5 avenga/net-tools ip a").text
    assert _address(fixed) == "10.77.0.5"
    free = third.type("docker run --rm --network=ranged avenga/net-tools ip a").text
    assert ip_address(_address(free)) in ip_network("10.77.0.128/25")
    third.type("docker network rm ranged")


@pytest.mark.step(53, 55)
def test_linked(lab: Lab) -> None:
    """`--link` connects a new container to running ones, under their names or another."""
    third = lab.window(3)
    third.enter("docker run -it --name=three --link=one --link=two:alias_for_two avenga/net-tools")
    lab.await_containers(3)
    assert {container.name for container in lab.client.containers.list()} == {"one", "two", "three"}


@pytest.mark.step(56)
def test_variables_of_the_link(lab: Lab) -> None:
    """Among the variables of container three are ONE_NAME and ALIAS_FOR_TWO_NAME (with engines before 29)."""
    variables = dict(line.split("=", 1) for line in lab.window(3).type("env").text.splitlines() if "=" in line)
    assert variables["ONE_NAME"] == "/three/one"
    assert variables["ALIAS_FOR_TWO_NAME"] == "/three/alias_for_two"


@pytest.mark.step(54, 57)
def test_hosts_file_of_the_link(lab: Lab) -> None:
    """Its /etc/hosts has a line for each linked one, address, names and 12 characters of the id, and one for itself."""
    one, two, three = (lab.client.containers.get(name) for name in ("one", "two", "three"))
    lines = [line.split() for line in lab.window(3).type("cat /etc/hosts").text.splitlines()]
    names = {address: set(rest) for address, *rest in lines if "." in address and address != "127.0.0.1"}
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
    """Container three pings container one by its name, and container two by its own and the other name."""
    third = lab.window(3)
    third.start("ping one", ping.ANSWERS)
    ping.interrupt(third)
    third.start("ping two", ping.ANSWERS)
    ping.interrupt(third)
    third.start("ping alias_for_two", ping.ANSWERS)
    ping.interrupt(third)


@pytest.mark.step(59)
def test_not_the_other_way(lab: Lab, window: Window) -> None:
    """Back from one to three a ping goes by address, not by name: a link leads one way."""
    three = _address_of(lab, "three")
    window.start(f"ping {three}", ping.ANSWERS)
    ping.interrupt(window)
    assert re.search(ping.UNKNOWN, window.type("ping three").text)


@pytest.mark.step(60)
def test_names_are_free_again(lab: Lab, window: Window) -> None:
    """A name is taken as long as its container exists, also a stopped one; removed by name, it is free."""
    for number in (1, 2, 3):
        lab.window(number).leave("exit")
    assert "already in use" in window.type("docker run --rm --name=one avenga/net-tools true", code=125).text
    window.type("docker stop one two three")
    window.type("docker rm one two three")
    assert window.type("docker ps -a").rows == []
    window.type("docker run --rm --name=one avenga/net-tools true")


def _interfaces(text: str) -> list[str]:
    """Return the interfaces that `ip a` lists, without those of tunnels that some kernels put into every network."""
    return re.findall(r"^\d+: (\w+)(?!\w*@NONE)[@:]", text, re.MULTILINE)


def _address(text: str) -> str:
    """Return the address of eth0 in what `ip a` prints."""
    found = re.search(r"eth0.*?inet ([\d.]+)/", text, re.DOTALL)
    assert found, text
    return found[1]


def _without_own(text: str) -> str:
    """Return what `ip a` prints without what is a container's own: addresses, MACs, and numbers of interfaces."""
    return re.sub(r"inet [\d.]+|ether [\w:]+|^\d+:|@if\d+", "", text, flags=re.MULTILINE)


def _address_of(lab: Lab, name: str) -> str:
    return str(lab.client.containers.get(name).attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"])


def _subnet(lab: Lab) -> IPv4Network | IPv6Network:
    return ip_network(lab.client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"])
