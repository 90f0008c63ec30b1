"""Steps 1 and 2, the DNS section: netplan's files merged in every run; with VM=1 typed, in an emulated machine."""

from __future__ import annotations

import os
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.netplan_generator import generator
from labcheck.checks.testbed import LabContainer
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT
from labcheck.walkthrough import vm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from labcheck.images.bases import Source
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.recorder import Recorder
    from labcheck.walkthrough.window import Window

    Merge = Callable[[dict[str, bytes]], dict[str, Any]]

pytestmark = pytest.mark.slow
IMAGES: list[str] = []
GOOGLES, ROUTERS = "8.8.8.8", "10.0.2.3"  # the second by DHCP
NAME, ITS_ADDRESS = "download.docker.com", "192.0.2.1"  # as vm/start.sh has it
APPLY_SECONDS = 120
FILES = {path.name: path.read_bytes() for path in sorted((CHECKOUT / "netplan").glob("*.yaml"))}
CARD = "network: {{version: 2, ethernets: {{enp0s3: {{{settings}}}}}}}"


@pytest.fixture(scope="module")
def merge(engine: DockerClient, source: Source) -> Iterator[Merge]:
    """What netplan's own generator makes of files, by their names."""
    image = toolimages.ensure(engine, source, CHECKOUT / "labcheck" / "checks" / "netplan_generator")
    with LabContainer(image, network_mode="none") as container:
        yield partial(generator.merge, container)


@pytest.fixture(scope="module")
def booted(engine: DockerClient, source: Source, recorder: Recorder) -> Iterator[Window]:
    """The console of an emulated machine as the installer leaves it."""
    with vm.boot(engine, source, recorder.typed) as console:
        yield console


@pytest.fixture
def console(request: pytest.FixtureRequest) -> Window:
    """The machine's console, where an emulated machine is asked for; else what is skipped says what it would show."""
    if not os.environ.get("VM"):
        claim = str(request.function.__doc__).partition("\n")[0]
        pytest.skip(f"not checked without an emulated machine (make walkthrough VM=1): {claim}")
    window: Window = request.getfixturevalue("booted")
    return window


@pytest.mark.step(1)
def test_interface(lab: Lab, window: Window) -> None:
    """`ip a` lists the interfaces by name; one of them has the address by which the machine is reached."""
    addresses = _addresses(window.type("ip a").text)
    (name,) = [name for name, has in addresses.items() if lab.address in has]
    assert "127.0.0.1" in addresses["lo"]
    assert name != "lo"


@pytest.mark.step(2)
def test_files_add_up(merge: Merge) -> None:
    """The installer's file gives DHCP and no name server; with `01-dns.yaml` the card keeps DHCP, and has one."""
    assert set(FILES) == {"00-installer-config.yaml", "01-dns.yaml"}
    before = merge({"00-installer-config.yaml": FILES["00-installer-config.yaml"]})
    assert before == {"error": "", "network": {"version": 2, "ethernets": {"enp0s3": {"dhcp4": True}}}}
    settings = {"dhcp4": True, "nameservers": {"addresses": [GOOGLES]}}
    assert merge(FILES) == {"error": "", "network": {"version": 2, "ethernets": {"enp0s3": settings}}}


@pytest.mark.step(2)
def test_order_by_number(merge: Merge) -> None:
    """Files are taken in the order of their numbers: a later one overrides a value, and adds to a list."""
    on, off = (_card(f"dhcp4: {value}, nameservers: {{addresses: [{address}]}}") for value, address in _ORDERED)
    last_off = _settings(merge({"01-a.yaml": on, "02-b.yaml": off}))
    last_on = _settings(merge({"02-a.yaml": on, "01-b.yaml": off}))
    assert last_off == {"dhcp4": False, "nameservers": {"addresses": ["8.8.8.8", "1.1.1.1"]}}
    assert last_on == {"dhcp4": True, "nameservers": {"addresses": ["1.1.1.1", "8.8.8.8"]}}


@pytest.mark.step(2)
@pytest.mark.parametrize(("name", "is_read"), [("my dns.yaml", True), ("01-dns.yml", False), ("01-dns", False)])
def test_any_name_that_ends_in_yaml(merge: Merge, name: str, is_read: bool) -> None:  # noqa: FBT001 - a parameter
    """A file may be called anything, but for its ending: without `.yaml` nothing of it is read."""
    files = {"00-installer-config.yaml": FILES["00-installer-config.yaml"], name: FILES["01-dns.yaml"]}
    assert ("nameservers" in _settings(merge(files))) == is_read


@pytest.mark.step(2)
def test_servers_are_a_list(merge: Merge) -> None:
    """Several name servers are a list with commas."""
    assert _settings(merge({"01-dns.yaml": _card("nameservers: {addresses: [8.8.8.8, 8.8.4.4]}")})) == {
        "nameservers": {"addresses": ["8.8.8.8", "8.8.4.4"]}
    }


@pytest.mark.step(2)
def test_other_settings_likewise(merge: Merge) -> None:
    """An address, a gateway and other routes, a wireless network are added likewise, each in a file of its own."""
    route = "routes: [{to: default, via: 192.168.1.1}, {to: 10.0.0.0/8, via: 192.168.1.2}]"
    wireless = b"network: {wifis: {wlp2s0: {access-points: {home: {password: secret12}}, dhcp4: true}}}"
    added = {"02-a.yaml": _card("addresses: [192.168.1.5/24]"), "03-b.yaml": _card(route), "04-c.yaml": wireless}
    result = merge(FILES | added)
    assert result["error"] == ""
    assert _settings(result) == {
        "dhcp4": True,
        "nameservers": {"addresses": [GOOGLES]},
        "addresses": ["192.168.1.5/24"],
        "routes": [{"to": "default", "via": "192.168.1.1"}, {"to": "10.0.0.0/8", "via": "192.168.1.2"}],
    }
    assert set(result["network"]["wifis"]["wlp2s0"]["access-points"]) == {"home"}


@pytest.mark.step(1)
def test_card_of_the_lab(console: Window) -> None:
    """On the lab's machine the card is `enp0s3`; the address that DHCP gave stands with it."""
    text = console.type("ip a").text
    assert set(_addresses(text)) == {"lo", "enp0s3"}
    assert re.search(r"inet 10\.0\.2\.\d+/24 .*\bdynamic enp0s3$", text, re.MULTILINE)


@pytest.mark.step(2)
def test_no_name_resolves(console: Window) -> None:
    """Without a name server that works `apt-get update` cannot resolve the archive's name: the section's error."""
    assert "Temporary failure resolving" in console.type("sudo apt-get update", code=None).text
    console.type(f"resolvectl query {NAME}", code=1)


@pytest.mark.step(2)
def test_resolvectl(console: Window) -> None:
    """`resolvectl dns enp0s3 8.8.8.8` replaces the list of servers, and adds nothing to it; names resolve at once."""
    _await_servers(console, ROUTERS)
    assert console.type("sudo resolvectl dns enp0s3 8.8.8.8").text == ""
    assert _servers(console.type("sudo resolvectl dns enp0s3").text) == [GOOGLES]
    assert ITS_ADDRESS in console.type(f"resolvectl query {NAME}").text
    console.type("sudo resolvectl dns enp0s3 10.0.2.3 8.8.8.8")
    assert _servers(console.type("sudo resolvectl dns enp0s3").text) == [ROUTERS, GOOGLES]


@pytest.mark.step(2)
def test_not_after_a_reboot(console: Window) -> None:
    """After a reboot that is undone: the server is DHCP's again, and no name resolves."""
    console.start("sudo reboot", vm.LOGGED_IN, seconds=vm.BOOT_SECONDS)
    console.end()
    _await_servers(console, ROUTERS)
    console.type(f"resolvectl query {NAME}", code=1)


@pytest.mark.step(2)
def test_as_installed(console: Window) -> None:
    """`/etc/netplan` holds the installer's file; `netplan get` shows the same lines, in an order of its own."""
    assert console.type("ls /etc/netplan").text == "00-installer-config.yaml"
    lines = console.type("sudo cat /etc/netplan/00-installer-config.yaml").text.splitlines()
    assert lines == FILES["00-installer-config.yaml"].decode().splitlines()
    assert sorted(console.type("sudo netplan get").text.splitlines()) == sorted(lines)


@pytest.mark.step(2)
def test_generate(console: Window) -> None:
    """`netplan generate` merges the two files for the network's service and applies nothing; it warns of modes."""
    console.start("cat > 01-dns.yaml", "")
    console.answer("network:")
    console.answer("  ethernets:")
    console.answer("    enp0s3:")
    console.answer("      nameservers:")
    console.answer("        addresses: [8.8.8.8]")
    console.press("ctrl+d")
    console.end()
    console.type("sudo cp 01-dns.yaml /etc/netplan/")
    assert console.type("cat /etc/netplan/01-dns.yaml").text == FILES["01-dns.yaml"].decode().rstrip()
    assert "01-dns.yaml are too open" in console.type("sudo netplan generate").text
    merged = console.type("sudo cat /run/systemd/network/10-netplan-enp0s3.network").text.splitlines()
    assert {"Name=enp0s3", "DHCP=ipv4", "DNS=8.8.8.8"} <= set(merged)
    assert _servers(console.type("sudo resolvectl dns enp0s3").text) == [ROUTERS]


@pytest.mark.step(2)
def test_applay(console: Window) -> None:
    """`netplan applay`, as the text has it, is no command of netplan's: exit code 2, and nothing is applied."""
    assert "invalid choice: 'applay'" in console.type("sudo netplan applay", code=2).text
    assert _servers(console.type("sudo resolvectl dns enp0s3").text) == [ROUTERS]


@pytest.mark.step(2)
def test_apply(console: Window) -> None:
    """`netplan apply` applies it: 8.8.8.8 comes before DHCP's server, the address stays, and names resolve."""
    before = _addresses(console.type("ip a").text)["enp0s3"]
    console.type("sudo netplan apply", seconds=APPLY_SECONDS)
    _await_servers(console, GOOGLES, ROUTERS)
    assert _addresses(console.type("ip a").text)["enp0s3"] == before
    assert ITS_ADDRESS in console.type(f"resolvectl query {NAME}").text


@pytest.mark.step(2)
def test_get(console: Window) -> None:
    """`netplan get` shows the settings of both files as one."""
    shown = [line.strip() for line in console.type("sudo netplan get").text.splitlines()]
    assert shown.count("enp0s3:") == 1
    assert {"version: 2", "dhcp4: true", "nameservers:", "- 8.8.8.8"} <= set(shown)


@pytest.mark.step(2)
def test_mode(console: Window) -> None:
    """With mode 600 netplan warns no more."""
    console.type("sudo chmod 600 /etc/netplan/01-dns.yaml")
    assert console.type("sudo netplan generate").text == ""


@pytest.mark.step(2)
def test_also_after_a_reboot(console: Window) -> None:
    """What netplan has applied is there after a reboot too."""
    console.start("sudo reboot", vm.LOGGED_IN, seconds=vm.BOOT_SECONDS)
    console.end()
    _await_servers(console, GOOGLES, ROUTERS)
    assert ITS_ADDRESS in console.type(f"resolvectl query {NAME}").text


_ORDERED = (("true", "8.8.8.8"), ("false", "1.1.1.1"))


def _card(settings: str) -> bytes:
    return CARD.format(settings=settings).encode()


def _settings(result: dict[str, Any]) -> dict[str, Any]:
    return dict(result["network"]["ethernets"]["enp0s3"])


def _addresses(text: str) -> dict[str, list[str]]:
    """Return the IPv4 addresses of each interface that `ip a` shows."""
    blocks = re.split(r"^\d+: ", text, flags=re.MULTILINE)[1:]
    return {re.split("[:@]", block)[0]: re.findall(r"inet ([\d.]+)/", block) for block in blocks}


def _servers(text: str) -> list[str]:
    """Return the servers that `resolvectl dns enp0s3` lists."""
    return text.rpartition("(enp0s3):")[2].split()


def _await_servers(console: Window, *servers: str) -> None:
    """Look at the card's list until it is that: an applied network asks DHCP anew."""
    deadline = time.monotonic() + APPLY_SECONDS
    shown = _servers(console.type("sudo resolvectl dns enp0s3").text)
    while shown != list(servers) and time.monotonic() < deadline:
        shown = _servers(console.type("sudo resolvectl dns enp0s3").text)
    assert shown == list(servers)
