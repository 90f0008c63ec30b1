"""How the keeper starts, waits for its database, says what is wrong, and ends."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from labcheck.checks.keeper import Keeper
from labcheck.engine.containers import wait_for_log, wait_until
from tests.keeper.conftest import IMAGE, connected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mysql.connector.abstracts import MySQLCursorAbstract
    from testcontainers.core.network import Network

    from labcheck.checks.testbed import Database

pytestmark = pytest.mark.slow
LINES = "Connection to db:ОК\nCreate db:ОК\nChange db:ОК\nCreate table:ОК\n"  # noqa: RUF001 - the lab's (step 141)
SECRET = "not-for-everybody"  # noqa: S105 - a password of a test's
STOP_SECONDS = 2
PROMPT_SECONDS = 0.2
CLIENTS = 8


def _asked(url: str, seconds: float = 10) -> tuple[int, str]:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=seconds)
    return answer.status_code, answer.text


def test_says_the_four_lines_once(keeper: Keeper) -> None:
    """`docker logs keeper` shows the lab's four lines once, and first; nothing else while all is well."""
    wait_for_log(keeper.get_wrapped_container(), LINES, seconds=10)  # another of its processes may be ready before
    assert keeper.log == LINES


def test_says_them_once_whatever_dies(database: Database, own_network: Network) -> None:  # noqa: ARG001 - it is there
    """A process of the keeper's that dies is begun again, and answers, without another word."""
    with Keeper(IMAGE, network=own_network) as keeper:

        def processes() -> set[str]:
            return set(keeper.inside("pgrep", "-P", "1")[1].split())

        container = keeper.get_wrapped_container()
        wait_for_log(container, LINES, seconds=10)
        before = processes()
        assert len(before) > 1
        keeper.inside("kill", "-9", *before)
        wait_until(container, lambda: len(processes() - before) == len(before), "they are begun again", 20)
        wait_until(container, lambda: _status(keeper) == 200, "it is ready", 10)
        for number in range(4 * CLIENTS):  # each of them has answered
            assert keeper.keep(f"again-{number}", "x", hint="").text == "OK"
        assert keeper.log == LINES


def test_health_tells_ready_from_alive(database: Database, own_network: Network) -> None:
    """/healthz is 503 while the database is away and 200 when it is back; the engine's health follows."""
    with Keeper(IMAGE, network=own_network) as keeper:
        container = keeper.get_wrapped_container()

        def health() -> str:
            container.reload()
            return str(container.attrs["State"]["Health"]["Status"])

        wait_until(container, lambda: health() == "healthy", "healthy", 20)
        assert _asked(keeper.url("/healthz")) == (200, "ready")
        database.get_wrapped_container().pause()
        try:
            wait_until(container, lambda: _asked(keeper.url("/healthz"))[0] == 503, "not ready", 10)
            assert _asked(keeper.url("/"))[0] == 200, "alive all the same"
            wait_until(container, lambda: health() == "unhealthy", "unhealthy", 40)
        finally:
            database.get_wrapped_container().unpause()
        wait_until(container, lambda: health() == "healthy", "healthy again", 20)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"DB_PASSWORD": SECRET}, "Access denied for user 'root'"),
        ({"DB_HOST": "nowhere"}, "'nowhere"),
        ({"DB_PORT": "3307"}, ":3307"),
    ],
)
@pytest.mark.usefixtures("database")
def test_says_what_is_wrong_and_keeps_trying(own_network: Network, settings: dict[str, str], said: str) -> None:
    """A wrong password, host or port is one clear line, once; the keeper answers 503 and goes on trying."""
    with Keeper(IMAGE, network=own_network, env=settings, wait=False) as keeper:
        wait_for_log(keeper.get_wrapped_container(), "trying again", seconds=20)
        wait_until(keeper.get_wrapped_container(), lambda: _status(keeper) == 503, "it answers 503", 20)
        (line,) = keeper.log.splitlines()
        assert line.startswith("Failure ")
        assert said in line
        assert SECRET not in keeper.log


def test_goes_on_when_the_password_is_right_at_last(database: Database, own_network: Network) -> None:
    """A user who is made only later gets in without a restart of the keeper."""
    with Keeper(IMAGE, network=own_network, env={"DB_USER": "late", "DB_NAME": "later"}, wait=False) as keeper:
        wait_for_log(keeper.get_wrapped_container(), "Access denied for user 'late'", seconds=20)
        database.execute("CREATE USER 'late' IDENTIFIED BY '123'; GRANT ALL ON later.* TO 'late'")
        wait_until(keeper.get_wrapped_container(), lambda: keeper.log.endswith(LINES), "the four lines", 10)
        wait_until(keeper.get_wrapped_container(), lambda: _status(keeper) == 200, "it is ready", 10)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"DB_PASSWORD_FILE": "/run/secrets/none"}, "/run/secrets/none"),
        ({"DB_PORT": "mysql"}, "'mysql'"),
    ],
)
def test_settings_of_no_use_end_it(settings: dict[str, str], said: str) -> None:
    """A password file that is not there, or a port that is no number, is one line, and exit code 1."""
    with Keeper(IMAGE, env=settings, wait=False) as keeper:
        assert keeper.get_wrapped_container().wait(timeout=20)["StatusCode"] == 1
        (line,) = keeper.log.splitlines()
        assert line.startswith("var_keeper cannot start: ")
        assert said in line


def test_what_has_begun_is_answered(database: Database, own_network: Network) -> None:
    """`docker stop` ends it within 2 s with exit code 0, and what it is at work on is answered first."""
    with (
        Keeper(IMAGE, network=own_network) as keeper,
        connected(database) as holder,
        connected(database) as watcher,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        container = keeper.get_wrapped_container()
        names = [f"stop-{number}" for number in range(CLIENTS)]
        for name in names:
            keeper.keep(name, "before", hint="")
        wait_until(container, lambda: _takes_requests(keeper), "it takes requests", 10)
        watcher.execute("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON")
        holder.execute("BEGIN")
        holder.execute("SELECT COUNT(*) FROM vars.vars FOR UPDATE")
        holder.fetchall()
        # from here on against the clock: what has begun waits no longer than the keeper lets its database take
        answers = [pool.submit(keeper.keep, name, "after", hint="") for name in names]
        wait_until(container, lambda: _asked_for(watcher, names), "every write waits for its row", 5)
        begun = time.monotonic()
        container.kill("SIGTERM")  # what `docker stop` sends; this returns as soon as it is sent
        wait_until(database.get_wrapped_container(), lambda: not _takes_requests(keeper), "it was told to end", 5)
        holder.execute("ROLLBACK")
        status = container.wait(timeout=10)
        took = time.monotonic() - begun
        assert {answer.result().text for answer in answers} == {"OK"}
        assert status["StatusCode"] == 0
        assert took < STOP_SECONDS + 1  # the engine's own part in it


def _asked_for(watcher: MySQLCursorAbstract, names: Iterable[str]) -> bool:
    """Tell whether the database was asked for the row of every name."""
    watcher.execute(
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE argument LIKE 'SELECT%FOR UPDATE%'"
    )
    asked = str(watcher.fetchall())
    return all(f"'{name}'" in asked for name in names)


def _takes_requests(keeper: Keeper) -> bool:
    """Tell whether a request is answered promptly, as it is while the keeper has not been told to end."""
    return _status(keeper, "/", PROMPT_SECONDS) == 200


def _status(keeper: Keeper, path: str = "/healthz", seconds: float = 10) -> int:
    """Return how a request is answered; 0 stands for no answer in time, as before it listens."""
    try:
        return _asked(keeper.url(path), seconds)[0]
    except requests.RequestException:
        return 0
