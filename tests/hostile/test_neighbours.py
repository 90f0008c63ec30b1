"""Two submissions side by side, each in a machine of its own: none has the other's machine, network or disk."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from labcheck.checks import http
from labcheck.engine.containers import inside, published_port, wait_until
from labcheck.images.lab import CHECKOUT
from labcheck.machine import machine
from tests.hostile import scan
from tests.machine.attempts import by_add, from_a_container, from_run, in_a_container, in_run
from tests.machine.conftest import ALPINE, SECRET, answering, without_walls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

    from labcheck.images.bases import Source
    from labcheck.machine.machine import Machine
    from tests.machine.attempts import Way

PROCESSES = 6
_TAKE = """
from labcheck.machine import slots
with slots.take('grading') as home:
    print(home, flush=True)
    input()
"""
_DISK = "/var/lib/docker"  # of a machine
# all but 40 MB at once, the rest by bytes that are really written
_FILL = "fallocate -l {most} /tmp/most; cat /dev/zero > /tmp/rest; sleep 600"
_USE = "head -c 100000000 /dev/urandom > /tmp/own && sync && md5sum < /tmp/own && rm /tmp/own && echo it has room"


@pytest.fixture(scope="module")
def machines(engine: DockerClient, source: Source, base: Callable[[str], str]) -> Iterator[tuple[Machine, Machine]]:
    """The lab machines of an attacker and of a neighbour, as two slots have them."""
    with machine.lend(engine, source) as attacker, machine.lend(engine, source) as neighbour:
        for lent in (attacker, neighbour):
            lent.bring(engine, {ALPINE: base(ALPINE)}, trusted=True)
        yield attacker, neighbour


@pytest.fixture(scope="module")
def secret(machines: tuple[Machine, Machine]) -> Iterator[list[str]]:
    """The addresses of the neighbour's app, which answers SECRET: as it is published, and its own."""
    _attacker, neighbour = machines
    app = neighbour.client.containers.run(ALPINE, answering(5000), detach=True, ports={"5000/tcp": None})
    try:
        yield _addresses(neighbour, app)
    finally:
        app.remove(force=True, v=True)


def _addresses(neighbour: Machine, app: Container) -> list[str]:
    published = f"http://{neighbour.address}:{published_port(app, 5000)}/"

    def answers() -> bool:
        try:
            return http.ask("GET", published, hint="").text == SECRET
        except AssertionError:
            return False

    wait_until(app, answers, "it answers")
    return [published, f"http://{app.attrs['NetworkSettings']['IPAddress']}:5000/"]


def _scanning(more: tuple[str, ...] = ()) -> str:
    return f"cat > /tmp/scan.py <<'END'\n{scan.printing(more)}\nEND\npython /tmp/scan.py"


@pytest.mark.slow
@pytest.mark.parametrize("way", [in_a_container, in_run], ids=lambda way: way.__name__)
def test_a_scan_finds_no_neighbour(
    machines: tuple[Machine, Machine], secret: list[str], way: Callable[[Machine, str], str]
) -> None:
    """Who scans its networks and the machines beside its own finds nothing; without the walls it finds the secret."""
    attacker, neighbour = machines
    assert secret
    found = way(attacker, _scanning((neighbour.address,)))
    assert "b'" in found  # it came to its end
    assert SECRET not in found
    with without_walls(attacker):
        assert SECRET in way(attacker, _scanning((neighbour.address,)))


@pytest.mark.slow
@pytest.mark.parametrize("way", [from_a_container, from_run, by_add], ids=lambda way: way.__name__)
def test_the_neighbours_secret_is_never_got(machines: tuple[Machine, Machine], secret: list[str], way: Way) -> None:
    """Who knows the neighbour's addresses gets nothing; without the attacker's walls, what is published there."""
    attacker, _neighbour = machines
    assert SECRET not in way(attacker, secret)
    with without_walls(attacker):
        assert way(attacker, secret).count(SECRET) == 1


@pytest.mark.slow
def test_a_full_disk_is_ones_own(machines: tuple[Machine, Machine]) -> None:
    """While an attacker holds its machine's disk full, the neighbour writes, reads and builds as before."""
    attacker, neighbour = machines
    before = _room(neighbour)
    fill = _FILL.format(most=_room(attacker) - 40_000_000)
    filling = attacker.client.containers.run(ALPINE, ["sh", "-c", fill], detach=True)
    try:
        wait_until(filling, lambda: _room(attacker) == 0, "the disk is full", 120)
        assert "it has room" in in_a_container(neighbour, _USE)
        assert "it has room" in in_run(neighbour, _USE)
        assert abs(_room(neighbour) - before) < 300_000_000
        code, said = inside(attacker.container, "sh", "-c", f"head -c 1000000 /dev/zero > {_DISK}/own")
        assert (code, "No space left" in said) == (1, True)
    finally:
        filling.remove(force=True, v=True)
    assert "it has room" in in_a_container(attacker, _USE)


def _room(lab: Machine) -> int:
    """Return the bytes that are free on a machine's disk."""
    return int(inside(lab.container, "df", "--block-size=1", "--output=avail", _DISK)[1].split()[-1])


def test_no_two_processes_are_given_one_slot(tmp_path: Path) -> None:
    """Processes that ask at the same time get a machine each; that of one that was killed is the next one's."""
    taking = [_taking(tmp_path) for _process in range(PROCESSES)]
    try:
        homes = [_home(process) for process in taking]
        assert len(set(homes)) == PROCESSES
        taking[2].kill()
        taking[2].wait()
        taking.append(_taking(tmp_path))
        assert _home(taking[-1]) == homes[2]
    finally:
        for process in taking:
            process.kill()
            process.communicate()


def _taking(state: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _TAKE]
    return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - ours


def _home(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    home = process.stdout.readline().strip()
    assert home
    return home
