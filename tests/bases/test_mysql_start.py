"""The ways to start the mysql image: refused, with options, with other commands, again on a volume, interrupted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from labcheck.engine import ownership
from labcheck.engine.containers import last_lines, wait_for_log
from tests.bases.test_mysql import SERVING, execute, sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.models.volumes import Volume

    from tests.conftest import Start

DATA = "/var/lib/mysql"
LAB = {"MYSQL_ROOT_PASSWORD": "123"}


def with_script(script: str) -> list[str]:
    """Return a command that puts a shell script into /docker-entrypoint-initdb.d and starts the server."""
    return ["bash", "-c", 'echo "$0" > /docker-entrypoint-initdb.d/script.sh; exec docker-entrypoint.sh mysqld', script]


def on(volume: Volume) -> dict[str, dict[str, str]]:
    """Return docker-py's option `volumes` for a volume that holds the data directory."""
    return {volume.name: {"bind": DATA, "mode": "rw"}}


def data_files(start: Start, image: str, volume: Volume) -> list[str]:
    """Return the names of all files in the data directory on a volume."""
    listing = start(image, ["ls", "-A", DATA], volumes=on(volume))
    listing.wait(timeout=30)
    return listing.logs().decode().split()


@pytest.fixture(scope="module")
def image(base: Callable[[str], str]) -> str:
    """The image that stands for mysql:8.4."""
    return base("mysql:8.4")


def both(name: str) -> dict[str, str]:
    """Return an environment that sets a variable directly and by a file."""
    return LAB | {name: "x", f"{name}_FILE": "/etc/hostname"}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, ["MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"]),
        ({"MYSQL_DATABASE": "vars", "MYSQL_ROOT_PASSWORD": ""}, ["MYSQL_ROOT_PASSWORD"]),
        (LAB | {"MYSQL_USER": "root", "MYSQL_PASSWORD": "123"}, ["MYSQL_USER"]),
        (both("MYSQL_ROOT_HOST"), ["MYSQL_ROOT_HOST_FILE"]),
        (both("MYSQL_DATABASE"), ["MYSQL_DATABASE_FILE"]),
        (both("MYSQL_USER"), ["MYSQL_USER_FILE"]),
        (both("MYSQL_PASSWORD"), ["MYSQL_PASSWORD_FILE"]),
        (both("MYSQL_ROOT_PASSWORD"), ["MYSQL_ROOT_PASSWORD_FILE"]),
    ],
    ids=["nothing", "empty", "user-root", "host", "database", "user", "password", "root-password"],
)
def test_refuses_an_environment(start: Start, image: str, environment: dict[str, str], words: list[str]) -> None:
    """A first start ends with 1 and names the variable when the password is open or settings contradict each other."""
    container = start(image, environment=environment)
    assert container.wait(timeout=30)["StatusCode"] == 1
    log = container.logs().decode()
    assert [word for word in words if word not in log] == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["--version"], r"mysqld\s+Ver \d"),
        (["mysqld", "--verbose", "--help"], r"^datadir\s+/var/lib/mysql/"),
        (["mysql", "--version"], r"^mysql\s+Ver \d"),
        (["mysqladmin", "--version"], r"^mysqladmin\s+Ver \d"),
        (["bash", "-c", "id -un; ls -A /var/lib/mysql | wc -l"], r"^root\n0$"),
    ],
    ids=["option", "help", "client", "mysqladmin", "bash"],
)
def test_other_commands_need_no_database(start: Start, image: str, command: list[str], expected: str) -> None:
    """An option alone goes to mysqld; questions to mysqld and other commands are answered without an environment."""
    container = start(image, command)
    assert container.wait(timeout=30)["StatusCode"] == 0, last_lines(container)
    assert re.search(expected, container.logs().decode(), re.MULTILINE)


def test_generated_password_is_for_one_use(start: Start, image: str) -> None:
    """MYSQL_RANDOM_ROOT_PASSWORD logs a password, which MYSQL_ONETIME_PASSWORD lets do nothing but be changed.

    The same start shows that MYSQL_INITDB_SKIP_TZINFO leaves time zones out, and that a user needs a password.
    """
    names = ["MYSQL_RANDOM_ROOT_PASSWORD", "MYSQL_ONETIME_PASSWORD", "MYSQL_INITDB_SKIP_TZINFO"]
    container = start(image, environment=dict.fromkeys(names, "yes") | {"MYSQL_USER": "student"})
    log = wait_for_log(container, SERVING)
    found = re.search(r"GENERATED ROOT PASSWORD: (\S{20,})$", log, re.MULTILINE)
    assert found, log
    password = found[1]

    options = ["--host=127.0.0.1", "--user=root", "--connect-expired-password", "--execute=SELECT 1"]
    _, output = execute(container, "mysql", *options, password=password)
    assert "ERROR 1820" in output
    assert sql(container, "SELECT CONVERT_TZ('2022-08-01', 'UTC', 'Europe/Moscow')", password=password) == "NULL"
    assert sql(container, "SELECT COUNT(*) FROM mysql.user WHERE user = 'student'", password=password) == "0"
    assert "MYSQL_PASSWORD" in log


def test_empty_password_options_and_user(start: Start, image: str) -> None:
    """`docker run --user mysql -e MYSQL_ALLOW_EMPTY_PASSWORD=yes mysql --max-connections=55` does what it says."""
    environment = {"MYSQL_ALLOW_EMPTY_PASSWORD": "yes", "MYSQL_ROOT_HOST": "10.%"}
    container = start(image, ["--max-connections=55"], user="mysql", environment=environment)
    wait_for_log(container, SERVING)
    assert sql(container, "SELECT @@max_connections") == "55"
    hosts = sql(container, "SELECT host FROM mysql.user WHERE user = 'root' ORDER BY host")
    assert hosts.splitlines() == ["10.%", "localhost"]


def test_database_on_a_volume_stays_as_it_is(start: Start, image: str, volume: Volume) -> None:
    """`docker stop` ends the server cleanly; the next container on its volume ignores the environment and scripts."""
    script = 'docker_process_sql --database=mysql <<< "CREATE DATABASE once"'
    first = start(image, with_script(script), volumes=on(volume), environment=LAB)
    wait_for_log(first, SERVING)
    statement = "SELECT @@server_uuid; SHOW DATABASES; SELECT user, host, authentication_string FROM mysql.user"
    before = sql(first, statement, password=LAB["MYSQL_ROOT_PASSWORD"])
    assert "once" in before
    first.stop(timeout=10)
    assert first.wait(timeout=10)["StatusCode"] == 0, "it was killed after 10 s"

    # nothing that a first start would be content with
    environment = {"MYSQL_DATABASE": "other", "MYSQL_USER": "root"}
    second = start(image, with_script(script), volumes=on(volume), environment=environment)
    log = wait_for_log(second, SERVING)
    assert log.count(": ready for connections") == 1
    assert sql(second, statement, password=LAB["MYSQL_ROOT_PASSWORD"]) == before


def test_foreign_files_are_left_alone(start: Start, image: str, volume: Volume) -> None:
    """A data directory with files that are no database is refused; the files stay."""
    command = ["bash", "-c", "touch /var/lib/mysql/mine; exec docker-entrypoint.sh mysqld"]
    container = start(image, command, volumes=on(volume), environment=LAB)
    assert container.wait(timeout=30)["StatusCode"] == 1
    assert DATA in last_lines(container)
    assert data_files(start, image, volume) == ["mine"]


def test_unknown_option_is_named(start: Start, image: str) -> None:
    """A first start with an option that mysqld does not know ends with 1 and names it."""
    container = start(image, ["--no-such-option"], environment=LAB)
    assert container.wait(timeout=30)["StatusCode"] == 1
    assert "no-such-option" in last_lines(container)


def test_stop_during_the_first_start_leaves_nothing(start: Start, stand_in: str, volume: Volume) -> None:
    """`docker stop` interrupts a first start and leaves an empty volume; until then no other container may have it."""
    container = start(stand_in, with_script("sleep 300"), volumes=on(volume), environment=LAB)
    wait_for_log(container, r"script\.sh")

    other = start(stand_in, volumes=on(volume), environment=LAB)
    assert other.wait(timeout=30)["StatusCode"] == 1
    assert "Another container" in last_lines(other)

    container.stop(timeout=10)
    assert container.wait(timeout=10)["StatusCode"] == 143, last_lines(container)
    assert data_files(start, stand_in, volume) == []


@pytest.mark.slow
def test_killed_first_start_begins_anew(start: Start, stand_in: str) -> None:
    """After a first start that was killed, the next start of the container makes the database from the beginning.

    Its name may be of any script.
    """
    script = "[ -e /tmp/again ] || { touch /tmp/again; sleep 300; }; docker_process_sql <<< 'CREATE TABLE t (a INT)'"
    environment = LAB | {"MYSQL_DATABASE": "база"}
    container = start(stand_in, with_script(script), environment=environment)
    wait_for_log(container, r"script\.sh")
    container.kill()
    container.wait(timeout=10)

    container.start()
    wait_for_log(container, SERVING)
    assert sql(container, "SET NAMES utf8mb4; SHOW TABLES IN `база`", password=LAB["MYSQL_ROOT_PASSWORD"]) == "t"


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("docker_process_sql <<< NONSENSE", "ERROR 1064"),
        pytest.param("exit 0", "script.sh", marks=pytest.mark.slow),
    ],
    ids=["broken-sql", "exit"],
)
def test_script_that_fails_is_no_success_later(
    start: Start, stand_in: str, volume: Volume, script: str, word: str
) -> None:
    """A first start whose script fails ends with 1 and leaves nothing that the next one would take for a database."""
    container = start(stand_in, with_script(script), volumes=on(volume), environment=LAB)
    assert container.wait(timeout=60)["StatusCode"] == 1
    assert word in container.logs().decode()
    assert data_files(start, stand_in, volume) == []


@pytest.mark.slow
def test_testcontainers_default_wait_fits(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait strategy of testcontainers' MySqlContainer, its default, returns when the server can be used."""
    from testcontainers.community.mysql import MySqlContainer  # noqa: PLC0415 - reads its settings when imported
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415

    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    with MySqlContainer(image).with_kwargs(labels=ownership.run_labels()) as mysql:
        command = ["mysql", "--host=127.0.0.1", "--user=test", "--execute=SHOW TABLES", "test"]
        status, output = execute(mysql.get_wrapped_container(), *command, password=mysql.password)
        assert status == 0, output
