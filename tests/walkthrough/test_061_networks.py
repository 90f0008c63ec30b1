"""Steps 61-78: a network of one's own, on which containers find each other by name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.walkthrough import ping

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["avenga/net-tools"]


@pytest.mark.step(61, 62)
def test_create(window: Window) -> None:
    """`docker network create` makes a network and prints its id."""
    assert re.fullmatch(r"[0-9a-f]{64}", window.type("docker network create sky_net").text)


@pytest.mark.step(63)
def test_its_driver(window: Window) -> None:
    """It is in the list, and its driver is bridge."""
    rows = window.type("docker network ls").rows
    assert [row[2] for row in rows if row[1] == "sky_net"] == ["bridge"]


@pytest.mark.step(64)
def test_one_is_on_it(lab: Lab, window: Window) -> None:
    """`--network` puts a container on it, and on no other."""
    window.enter("docker run -it --name=one --network=sky_net avenga/net-tools")
    assert _networks(lab, "one") == {"sky_net"}


@pytest.mark.step(64)
def test_two_networks_at_once(lab: Lab) -> None:
    """The option can be repeated: on an engine from 25 on, the container is on both networks."""
    fourth = lab.window(4)
    fourth.type("docker network create second_net")
    fourth.type("docker run -d --rm --name=both --network=sky_net --network=second_net avenga/net-tools sleep 60")
    assert _networks(lab, "both") == {"sky_net", "second_net"}
    fourth.type("docker rm -f both")
    fourth.type("docker network rm second_net")


@pytest.mark.step(65)
def test_two_is_on_it(lab: Lab) -> None:
    """Container two is on it as well, in another window."""
    lab.window(2).enter("docker run -it --name=two --network=sky_net avenga/net-tools")
    assert _networks(lab, "two") == {"sky_net"}


@pytest.mark.step(66)
def test_three_is_not(lab: Lab) -> None:
    """Container three is on the default network."""
    lab.window(3).enter("docker run -it --name=three avenga/net-tools")
    assert _networks(lab, "three") == {"bridge"}


@pytest.mark.step(61, 67)
def test_names_resolve_on_it(window: Window) -> None:
    """One finds two by name, and three it does not know."""
    window.start("ping two", ping.ANSWERS)
    ping.interrupt(window)
    assert re.search(ping.UNKNOWN, window.type("ping three").text)


@pytest.mark.step(68)
def test_inspect(lab: Lab) -> None:
    """`docker network inspect` shows the network as JSON."""
    (network,) = json.loads(lab.window(4).type("docker network inspect sky_net").text)
    assert (network["Name"], network["Driver"]) == ("sky_net", "bridge")


@pytest.mark.step(69)
def test_inspect_names_two_containers(lab: Lab) -> None:
    """Its section Containers has one and two, and no other."""
    assert _containers(lab.window(4).type("docker network inspect sky_net").text) == {"one", "two"}


@pytest.mark.step(70)
def test_connect(lab: Lab) -> None:
    """`docker network connect` puts a running container on a further network."""
    lab.window(4).type("docker network connect sky_net three")
    assert _networks(lab, "three") == {"bridge", "sky_net"}


@pytest.mark.step(71)
def test_inspect_names_three(lab: Lab) -> None:
    """The section Containers now has three too."""
    assert _containers(lab.window(4).type("docker network inspect sky_net").text) == {"one", "two", "three"}


@pytest.mark.step(72)
def test_three_is_found(window: Window) -> None:
    """Now one pings three."""
    window.start("ping three", ping.ANSWERS)
    ping.interrupt(window)


@pytest.mark.step(73)
def test_disconnect(lab: Lab) -> None:
    """`docker network disconnect` takes one off the network while it runs."""
    lab.window(4).type("docker network disconnect sky_net one")
    assert _networks(lab, "one") == set()
    assert lab.client.containers.get("one").status == "running"


@pytest.mark.step(74)
def test_one_finds_nobody(window: Window) -> None:
    """It pings neither two nor three any more."""
    assert re.search(ping.UNKNOWN, window.type("ping two").text)
    assert re.search(ping.UNKNOWN, window.type("ping three").text)


@pytest.mark.step(75)
def test_alias(lab: Lab) -> None:
    """Connected again with `--alias=zero`, it has a further name on that network."""
    lab.window(4).type("docker network connect --alias=zero sky_net one")
    assert "zero" in lab.client.containers.get("one").attrs["NetworkSettings"]["Networks"]["sky_net"]["Aliases"]


@pytest.mark.step(76)
def test_both_names_are_found(lab: Lab) -> None:
    """Two pings it as `one` and as `zero`."""
    second = lab.window(2)
    second.start("ping one", ping.ANSWERS)
    ping.interrupt(second)
    second.start("ping zero", ping.ANSWERS)
    ping.interrupt(second)


@pytest.mark.step(75)
def test_alias_at_the_start(lab: Lab) -> None:
    """`--network-alias` does the same when a container is started."""
    fourth, second = lab.window(4), lab.window(2)
    fourth.type("docker run -d --rm --name=four --network=sky_net --network-alias=nil avenga/net-tools sleep 60")
    second.start("ping nil", ping.ANSWERS)
    ping.interrupt(second)
    fourth.type("docker rm -f four")


@pytest.mark.step(77)
def test_all_go(lab: Lab) -> None:
    """All three are stopped and removed, and one window is left."""
    for number in (1, 2, 3):
        lab.window(number).leave("exit")
    lab.close_windows()
    window = lab.window(1)
    window.type("docker rm one two three")
    assert window.type("docker ps -a").rows == []


@pytest.mark.step(78)
def test_rm(window: Window) -> None:
    """`docker network rm` removes the network."""
    assert window.type("docker network rm sky_net").text == "sky_net"
    assert "sky_net" not in [row[1] for row in window.type("docker network ls").rows]


def _networks(lab: Lab, name: str) -> set[str]:
    return set(lab.client.containers.get(name).attrs["NetworkSettings"]["Networks"])


def _containers(text: str) -> set[str]:
    """Return the names of the containers in what `docker network inspect` prints."""
    (network,) = json.loads(text)
    return {container["Name"] for container in network["Containers"].values()}
