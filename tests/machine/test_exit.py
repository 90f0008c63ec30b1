"""The one exit of the lab machine leads to the package registries, for whoever asks, and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine import host
from labcheck.images import bundled
from labcheck.machine import exits
from tests.machine.attempts import by_add, by_add_of_buildkit, in_a_container, in_a_network, in_run, in_run_of_buildkit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.machine.machine import Machine

RUNNING = [in_a_container, in_a_network, in_run, in_run_of_buildkit]
ADDING = [by_add, by_add_of_buildkit]


@pytest.fixture(scope="module")
def found() -> list[exits.Registry]:
    """The registries that this host's pip and apt are set to."""
    found = exits.registries()
    assert found
    return found


@pytest.fixture
def _without_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "serving", lambda: None)


@pytest.mark.parametrize("way", RUNNING, ids=lambda way: way.__name__)
def test_pip_works(lab: Machine, way: Callable[[Machine, str], str]) -> None:
    """`pip download` works in containers and builds, and nobody told it of a proxy (steps 113, 134)."""
    output = way(lab, "pip download --no-deps --no-cache-dir -d /tmp itsdangerous && env")
    assert "Successfully downloaded itsdangerous" in output
    assert "proxy" not in output.lower()


@pytest.mark.outside("that ADD fetches from Debian's mirror through the exit")
@pytest.mark.parametrize("way", ADDING, ids=lambda way: way.__name__)
def test_add_works(lab: Machine, way: Callable[[Machine, list[str]], str]) -> None:
    """ADD fetches what lies in Debian's mirror that apt is set to."""
    suite = f"{host.debian_mirrors().main.rstrip('/')}/dists/stable/Release"
    assert "Codename: " in way(lab, [suite])


def test_no_other_name_is_known(lab: Machine) -> None:
    """A name that is no registry's cannot be looked up, so nothing can be told to the world by asking for names."""
    for name in ("a.org", "hidden-message.example.com"):
        assert "gaierror: [Errno -2]" in in_a_container(
            lab, f"python -c \"import socket; socket.getaddrinfo('{name}', 1)\""
        )


@pytest.mark.outside("that the exit passes on http and TLS by the registries' names alone")
def test_no_other_name_is_passed_on(lab: Machine, found: list[exits.Registry]) -> None:
    """Who comes to the exit with another name than a registry's, in http or in TLS, is turned away."""
    assert {"http", "https"} <= {registry.scheme for registry in found}
    for registry in found:
        ask = _ASK_HTTP if registry.scheme == "http" else _ASK_TLS
        right = in_a_container(lab, f'python -c "{ask}" {exits.ADDRESS} {registry.port} {registry.host}')
        wrong = in_a_container(lab, f'python -c "{ask}" {exits.ADDRESS} {registry.port} www.example.com')
        assert "passed on" in right
        assert "passed on" not in wrong


@pytest.mark.usefixtures("_without_bundle")
def test_a_registry_named_by_its_address(tmp_path: Path) -> None:
    """A mirror in the classroom that has no name is passed on too; its address leads to the exit."""
    mirror = exits.Registry("http", "10.20.30.40", 3141)
    assert exits.registries(["[global]\nindex-url = http://10.20.30.40:3141/root/pypi/+simple/\n"]).count(mirror) == 1
    assert exits.write(tmp_path, [mirror])
    assert not exits.write(tmp_path, [mirror])  # nothing new
    assert (tmp_path / "addresses").read_text() == "10.20.30.40 3141 20000\n"
    assert "server s0 10.20.30.40:3141" in (tmp_path / "haproxy.cfg").read_text()


@pytest.mark.usefixtures("_without_bundle")
def test_what_a_base_image_is_set_to() -> None:
    """Sources of apt and apk name registries; what is commented out does not, nor what is no address."""
    texts = ["# deb http://old.example.org/debian x main\ndeb [arch=amd64] http://a.example.org/debian x main\n"]
    texts += ["https://b.example.org/alpine/v3.16/main\nhttp://c.example.org:port/\n"]
    added = set(exits.registries(texts)) - set(exits.registries())
    assert added == {exits.Registry("http", "a.example.org", 80), exits.Registry("https", "b.example.org", 443)}


_ASK_HTTP = """
import http.client, sys
address, port, name = sys.argv[1:]
connection = http.client.HTTPConnection(address, int(port), timeout=20)
connection.request('GET', '/', headers={'Host': name})
print('passed on' if connection.getresponse().status not in (403, 503) else 'refused')
"""
_ASK_TLS = """
import socket, ssl, sys
address, port, name = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with socket.create_connection((address, int(port)), timeout=20) as plain:
    with context.wrap_socket(plain, server_hostname=name):
        print('passed on')
"""
