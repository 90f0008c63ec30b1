"""What avenga/net-tools promises (lab steps 48 to 77), the original or the stand-in; last, the stand-in's honesty."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

import pytest
from pexpect.socket_pexpect import SocketSpawn

from labcheck.engine import ownership
from labcheck.engine.containers import inside, wait_for_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume

    from tests.conftest import Start

pytestmark = pytest.mark.slow  # not one of those that `make build-all` gets
NAME = "avenga/net-tools:latest"
STAY = ["sleep", "600"]
PROMPT = b"/ # "
SECONDS = 30


@pytest.fixture
def name() -> str:
    """The official name."""
    return NAME


@pytest.fixture
def shell(engine: DockerClient, image: str, leavings: list[Container | Network | Volume]) -> Container:
    """One that `docker run -it` would make, not started."""
    container = engine.containers.create(image, tty=True, stdin_open=True, labels=ownership.run_labels())
    leavings.append(container)
    return container


@pytest.fixture
def terminal(shell: Container) -> Iterator[Any]:
    """The terminal of the shell, at its first prompt."""
    with closing(cast("Any", shell.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1}))) as stream:
        shell.start()
        inner: Any = SocketSpawn(stream._sock, timeout=SECONDS)  # noqa: SLF001 - docker-py hides it
        with closing(inner) as opened:
            opened.expect_exact(PROMPT)
            yield opened


@pytest.fixture
def pair(image: str, start: Start, network: Network) -> tuple[Container, Container]:
    """Two of them on a network of their own, `two` by its alias."""
    first, second = (start(image, STAY, init=True) for _ in range(2))
    for container, alias in ((first, "one"), (second, "two")):
        network.connect(container, aliases=[alias])
    return first, second


def output_of(container: Container, *command: str) -> str:
    """Return what a command prints, once it has succeeded."""
    code, output = inside(container, *command)
    assert code == 0, output
    return output


def address_of(container: Container, network: str = "bridge") -> str:
    """Return the address that the engine gave a container on a network."""
    container.reload()
    return str(container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"])


def test_interactive_gives_a_root_shell(shell: Container, terminal: Any) -> None:  # noqa: ANN401 - pexpect has no types
    """`docker run -it` shows a prompt, runs what is typed, and ends with `exit` (steps 48, 60)."""
    terminal.send(b"echo $(id -un) $((6 * 7))\n")
    terminal.expect_exact(b"root 42\r\n")
    terminal.send(b"exit\n")
    assert shell.wait(timeout=SECONDS)["StatusCode"] == 0


def test_ping_goes_on_until_interrupted(terminal: Any) -> None:  # noqa: ANN401 - pexpect has no types
    """Without a count `ping` goes on until Ctrl+C, then says what was lost, and the prompt is back (step 51)."""
    terminal.send(b"ping 127.0.0.1\n")
    terminal.expect_exact(b"seq=2 ")
    terminal.send(b"\x03")
    terminal.expect_exact(b" 0% packet loss")
    terminal.expect_exact(PROMPT)


def test_ip_shows_the_address(image: str, start: Start) -> None:
    """`ip a` shows lo, and eth0 with the address on the default network (step 49)."""
    container = start(image, STAY, init=True)
    first, second = (block.split() for block in output_of(container, "ip", "-o", "-4", "a").splitlines())
    assert first[1:4] == ["lo", "inet", "127.0.0.1/8"]
    assert second[1:4] == ["eth0", "inet", f"{address_of(container)}/16"]


def test_ping_by_address(image: str, start: Start) -> None:
    """Two on the default network see each other, and do not know each other's names (step 51)."""
    first, second = start(image, STAY, init=True), start(image, STAY, init=True)
    assert " 0% packet loss" in output_of(first, "ping", "-c", "1", address_of(second))
    assert inside(first, "ping", "-c", "1", str(second.name))[0] != 0


def test_a_linked_name_is_in_hosts_and_counts(image: str, start: Start) -> None:
    """`--link` writes a variable and a line of /etc/hosts, by which `ping` finds the other (steps 56 to 58)."""
    first = start(image, STAY, init=True)
    second = start(image, STAY, init=True, links={first.name: "one"})
    assert f"ONE_NAME=/{second.name}/one" in output_of(second, "env").splitlines()
    lines = [line.split() for line in output_of(second, "cat", "/etc/hosts").splitlines()]
    assert [line[0] for line in lines if "one" in line] == [address_of(first)]
    assert " 0% packet loss" in output_of(second, "ping", "-c", "1", "one")


def test_ping_by_name(pair: tuple[Container, Container]) -> None:
    """On a network of the user's, names resolve, and one that is not there is refused (step 67)."""
    first, _second = pair
    assert " 0% packet loss" in output_of(first, "ping", "-c", "1", "two")
    code, output = inside(first, "ping", "-c", "1", "three")
    assert (code, "three" in output) == (1, True)


def test_nslookup_asks_the_engine(pair: tuple[Container, Container], network: Network) -> None:
    """`nslookup` names the engine's own name server, and the neighbour's address."""
    output = output_of(pair[0], "nslookup", "-type=a", "two")
    assert "127.0.0.11" in output
    assert address_of(pair[1], str(network.name)) in output


def test_curl_gets_a_page(image: str, start: Start, network: Network, base: Callable[[str], str]) -> None:
    """`curl` shows what a web server on the same network serves."""
    web = start(base("nginx:latest"))
    wait_for_log(web, r"start worker process \d+", seconds=SECONDS)
    network.connect(web, aliases=["web"])
    client = start(image, STAY, init=True, network=network.name)
    assert "Welcome to nginx!" in output_of(client, "curl", "--silent", "--fail", "http://web/")


def test_the_shell_and_its_tools_are_busyboxs(image: str, start: Start) -> None:
    """As on Alpine, busybox is the shell, `ip` and `ping`, `nc` is not, and there is no bash."""
    container = start(image, STAY, init=True)
    for name in ("sh", "ip", "ping", "nslookup"):
        assert output_of(container, "sh", "-c", f"readlink -f $(which {name})").endswith("/busybox\n"), name
    assert "OpenBSD" in output_of(container, "sh", "-c", "nc -h 2>&1")
    assert output_of(container, "which", "socat") == "/usr/bin/socat\n"
    assert inside(container, "which", "bash")[0] != 0


def test_the_stand_in_says_that_it_is_one(engine: DockerClient, stand_in: str, start: Start) -> None:
    """A stand-in names itself in /etc/os-release, and is not larger than what it stands for need be."""
    release = output_of(start(stand_in, STAY, init=True), "cat", "/etc/os-release")
    assert 'VARIANT="stand-in for avenga/net-tools"' in release.splitlines()
    assert engine.images.get(stand_in).attrs["Size"] < 40_000_000
