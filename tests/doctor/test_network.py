"""Names and proxies: what this machine knows, and what containers are told."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import docker.utils
import pytest

from labcheck.doctor import addresses, commands, network
from labcheck.doctor.web import Address
from tests.doctor.conftest import assert_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine

NOWHERE = "registry.invalid"  # never anybody's: https://www.rfc-editor.org/rfc/rfc6761
PROXY = "http://user:secret@10.0.0.1:3128"
PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@pytest.mark.parametrize(
    ("hosts", "state", "found"),
    [
        (["localhost"], "ok", "known: localhost"),
        ([NOWHERE], "wrong", f"no name is known: {NOWHERE}"),
        (["localhost", NOWHERE], "warning", f"unknown: {NOWHERE}; others are known"),
        (["127.0.0.1"], "ok", "nothing to look up"),
    ],
)
def test_names_that_are_unknown_are_listed(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], hosts: list[str], state: str, found: str
) -> None:
    """A resolver that knows nothing is wrong; one that does not know all is a network that blocks some."""
    monkeypatch.setattr(addresses, "of_pip", lambda: [Address(f"https://{host}/simple") for host in hosts])
    monkeypatch.setattr(addresses, "of_apt", list)
    finding = look("dns")
    assert (finding.state, finding.found) == (state, found)
    if state == "wrong":
        assert_shell(finding.command)


def test_names_left_to_a_proxy_are_no_fault(monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding]) -> None:
    """Behind a proxy it is the proxy that knows names."""
    monkeypatch.setattr(addresses, "of_pip", lambda: [Address(f"https://{NOWHERE}/simple")])
    monkeypatch.setattr(addresses, "of_apt", list)
    monkeypatch.setenv("https_proxy", PROXY)
    assert look("dns").state == "ok"


def test_names_with_ipv6_addresses_only_are_said() -> None:
    """The lab machine's exit speaks IPv4: a registry without such an address is out of its reach."""
    finding = network.judge_names({"a.example": {socket.AF_INET6}, "b.example": {socket.AF_INET}}, has_proxy=False)
    assert (finding.state, finding.found) == ("warning", "known by IPv6 addresses only: a.example")


@pytest.mark.parametrize(
    ("resolv_conf", "state", "found"),
    [
        ("nameserver 192.0.2.1\nnameserver fe80::1%eth0\n", "ok", "containers ask 192.0.2.1"),
        ("nameserver 2001:db8::53\n", "warning", "(2001:db8::53) are not for containers"),
        ("nameserver 127.0.0.1\n", "warning", "(127.0.0.1) are not for containers"),
        ("", "warning", "(-) are not for containers"),
    ],
)
@pytest.mark.usefixtures("fake_engine")
def test_name_servers_that_containers_do_not_reach_are_said(  # noqa: PLR0913, PLR0917 - its cases
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    look: Callable[..., Finding],
    resolv_conf: str,
    state: str,
    found: str,
) -> None:
    """IPv6-only or loopback servers are replaced by the engine's own choice; where that is blocked, it is said."""
    (tmp_path / "resolv.conf").write_text(f"# ours\n{resolv_conf}search example\n")
    monkeypatch.setattr(network, "_RESOLV", tmp_path / "resolv.conf")
    monkeypatch.setattr(network, "_ENGINES_OWN", "127.0.0.9")  # where nobody answers
    monkeypatch.setattr(commands, "_SYSTEM_SETTINGS", tmp_path / "etc" / "daemon.json")
    finding = look("container-network")
    assert (finding.state, found in finding.found) == (state, True), finding
    if state == "warning":
        assert '"dns": ' in finding.command
        assert_shell(finding.command)
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc" / "daemon.json").write_text('{"dns": ["192.0.2.7"]}')
        assert look("container-network").found == "containers ask 192.0.2.7", "the advice mends it"


@pytest.mark.usefixtures("fake_engine")
def test_systemds_stub_is_looked_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Callable[..., Finding]
) -> None:
    """Where resolv.conf names systemd's stub, the engine takes the servers behind it."""
    (tmp_path / "stub").write_text("nameserver 127.0.0.53\noptions edns0 trust-ad\n")
    (tmp_path / "behind").write_text("nameserver 192.0.2.2\n")
    monkeypatch.setattr(network, "_RESOLV", tmp_path / "stub")
    monkeypatch.setattr(network, "_BEHIND_STUB", tmp_path / "behind")
    assert look("container-network").found == "containers ask 192.0.2.2"


@pytest.fixture
def name_server() -> Iterator[tuple[str, int]]:
    """A name server that answers every question with the question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                question, whose = listening.recvfrom(512)
                if question == b"end":
                    return
                listening.sendto(question, whose)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()
        listening.sendto(b"end", listening.getsockname())
        thread.join(10)


def test_a_name_server_is_asked_a_question(name_server: tuple[str, int], closed_port: int) -> None:
    """Whoever answers a datagram is a name server that is in reach."""
    assert network.is_answering(*name_server)
    assert not network.is_answering("127.0.0.1", closed_port)


def test_containers_without_a_way_out_are_wrong(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Without IPv4 forwarding no build reaches a registry."""
    fake_engine.info["IPv4Forwarding"] = False
    finding = look("container-network")
    assert (finding.state, finding.command.endswith("sysctl -w net.ipv4.ip_forward=1")) == ("wrong", True)


def test_no_proxy_is_fine(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Most machines need none."""
    assert fake_engine.info["HttpsProxy"] == ""
    assert (look("proxy").state, look("proxy").found) == ("ok", "none")


@pytest.mark.parametrize("systemd", [True, False])
def test_an_engine_that_does_not_know_the_proxy_is_said(
    monkeypatch: pytest.MonkeyPatch, fake_engine: FakeEngine, look: Callable[..., Finding], *, systemd: bool
) -> None:
    """The engine pulls by itself: a proxy that the shell alone knows is none for it. No password is shown."""
    monkeypatch.setattr("labcheck.doctor.proxies.has_systemd", lambda: systemd)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    finding = look("proxy")
    assert finding.state == "warning"
    assert "the engine has none" in finding.found
    assert "secret" not in f"{finding}"
    assert_shell(finding.command)
    fake_engine.info["HttpsProxy"] = PROXY
    assert "builds have none" in look("proxy").found


def test_builds_that_do_not_know_the_proxy_are_said_until_they_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_engine: FakeEngine, look: Callable[..., Finding]
) -> None:
    """Pip runs in a build: its proxy is the one in Docker's config.json, which is added to and never overwritten."""
    monkeypatch.setattr(docker.utils.config, "home_dir", lambda: str(tmp_path / "nobody"))
    fake_engine.info["HttpsProxy"] = PROXY
    fresh = look("proxy")
    assert fresh.state == "warning"
    assert "> ~/.docker/config.json" in fresh.command
    assert_shell(fresh.command)
    (tmp_path / "config.json").write_text("{}")
    kept = look("proxy")
    assert "config.json" in kept.advice
    assert ">" not in kept.command
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {"default": {"httpsProxy": "http://10.0.0.1:3128"}}}))
    assert look("proxy").state == "ok"


def test_a_proxy_of_this_machine_alone_is_said(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """127.0.0.1 in a container is the container: a proxy that listens there serves no build."""
    fake_engine.info["HttpProxy"] = "http://127.0.0.1:10809"
    finding = look("proxy")
    assert (finding.state, "containers do not reach it" in finding.found) == ("warning", True)
