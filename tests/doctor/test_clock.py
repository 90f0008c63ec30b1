"""The clock: told by servers that answer, even by those that are not trusted because of it."""

from __future__ import annotations

import platform
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from labcheck.doctor import addresses, commands
from labcheck.doctor.web import Address, ask
from tests.doctor.conftest import WebServer, assert_shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine

HOUR = 3600.0


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that leaves these addresses alone to be asked."""

    def leave(*urls: str) -> None:
        monkeypatch.setattr(addresses, "of_pip", lambda: [Address(url) for url in urls])
        monkeypatch.setattr(addresses, "of_apt", list)

    return leave


@pytest.mark.usefixtures("fake_engine")
@pytest.mark.parametrize(
    ("ahead", "state", "found"),
    [
        (0.0, "ok", "right, to "),
        (-HOUR, "wrong", " ahead of the servers"),
        (HOUR, "wrong", " behind the servers"),
        (-120.0, "warning", "0:02:0"),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much(  # noqa: PLR0913, PLR0917 - its cases
    only: Callable[..., None], web: WebServer, look: Callable[..., Finding], ahead: float, state: str, found: str
) -> None:
    """The Date of a server that answers is what the clock is compared with: an hour off breaks TLS and apt."""
    web.ahead = ahead
    only(web.url)
    finding = look("clock")
    assert (finding.state, found in finding.found) == (state, True), finding
    if abs(ahead) == HOUR:
        assert finding.found[:4] in {"1:00", "0:59"}
    if state != "ok":
        assert_shell(finding.command)


@pytest.mark.usefixtures("fake_engine")
def test_an_answer_that_a_cache_kept_does_not_tell_a_wrong_time(
    only: Callable[..., None], web: WebServer, look: Callable[..., Finding]
) -> None:
    """What lay in a cache has the Date of then; its Age is told beside, or another server tells the time of now."""
    web.ahead, web.headers = -HOUR, {"Age": "3600"}
    only(web.url)
    assert look("clock").state == "ok"
    web.headers = {}
    other = WebServer()
    only(web.url, other.url)
    assert look("clock").state == "ok"
    other.ahead = -HOUR
    assert look("clock").state == "wrong"
    other.server.shutdown()
    other.server.server_close()


@pytest.mark.usefixtures("fake_engine")
def test_where_nobody_answers_the_clock_is_not_called_right(
    only: Callable[..., None], look: Callable[..., Finding], closed_port: int
) -> None:
    """Without anyone to compare it with the clock is a warning."""
    only(f"http://127.0.0.1:{closed_port}/")
    finding = look("clock")
    assert (finding.state, finding.command) == ("warning", "date")


@pytest.mark.usefixtures("fake_engine")
@pytest.mark.parametrize(
    ("machine", "command"),
    [
        ("wsl", "wsl.exe --shutdown"),
        ("macos", "sudo sntp -sS time.apple.com"),
        ("systemd", "timedatectl set-ntp true"),
        ("bare", "date --utc --set='"),
    ],
)
def test_each_machine_sets_its_clock_in_its_own_way(  # noqa: PLR0913, PLR0917 - its cases
    monkeypatch: pytest.MonkeyPatch,
    only: Callable[..., None],
    web: WebServer,
    look: Callable[..., Finding],
    machine: str,
    command: str,
) -> None:
    """Windows' clock is WSL's, systemd asks the network, elsewhere the time that the servers tell is set."""
    monkeypatch.setattr(platform, "system", lambda: "Darwin" if machine == "macos" else "Linux")
    monkeypatch.setattr("labcheck.doctor.clock.is_wsl", lambda: machine == "wsl")
    monkeypatch.setattr("labcheck.doctor.clock.has_systemd", lambda: machine == "systemd")
    web.ahead = HOUR
    only(web.url)
    found = look("clock").command
    assert command in found
    if machine == "bare":
        told = datetime.fromisoformat(found.partition("='")[2].rstrip("'")).replace(tzinfo=timezone.utc)
        assert abs(told - datetime.now(timezone.utc) - timedelta(hours=1)) < timedelta(minutes=1)


def test_an_engine_whose_clock_is_off_is_told_apart(
    fake_engine: FakeEngine, only: Callable[..., None], web: WebServer, look: Callable[..., Finding]
) -> None:
    """A virtual machine that slept has a clock of its own, which is behind while this one is right."""
    slept = datetime.now(timezone(timedelta(hours=3))) - timedelta(hours=1)
    fake_engine.info["SystemTime"] = slept.isoformat().replace("+03:00", "123+03:00")  # with nanoseconds, as Go does
    only(web.url)
    finding = look("clock")
    assert finding.state == "wrong"
    assert finding.found.startswith("the engine's is 1:00:0")


@pytest.mark.parametrize("status", [200, 401])
def test_whom_we_do_not_trust_still_tells_the_time(untrusted: WebServer, status: int) -> None:
    """With a wrong clock no certificate is valid: its holder is asked for the time alone, and the reason is kept."""
    untrusted.ahead, untrusted.status = HOUR, status
    answer = ask(Address(f"https://{untrusted.host}/"))
    assert answer.status == 0
    assert "certificate is not trusted (self" in answer.reason
    assert answer.ahead is not None
    assert abs(answer.ahead + HOUR) < 60


def test_commands_for_root_are_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is root need not type sudo, and may have none; whoever else has to."""
    monkeypatch.setattr("labcheck.engine.host.is_root", lambda: True)
    assert commands.as_root("reboot") == "reboot"
    monkeypatch.setattr("labcheck.engine.host.is_root", lambda: False)
    assert commands.as_root("reboot") == "sudo reboot"
