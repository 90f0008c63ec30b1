"""The keeper with as few rights as a container can have, and its password where nobody sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.keeper import Keeper
from tests.keeper.conftest import IMAGE

if TYPE_CHECKING:
    from docker import DockerClient
    from testcontainers.core.network import Network

    from labcheck.checks.testbed import Database

pytestmark = pytest.mark.slow
SECRET = "not-for-everybody"  # noqa: S105 - a password of a test's


@pytest.mark.usefixtures("database")
def test_needs_no_rights(own_network: Network) -> None:
    """It works as nobody, on a root file system that is read-only, without any capability, and gains none."""
    locked: dict[str, Any] = {
        "user": "65534:65534",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 512,  # a thread for each connection
        "mem_limit": "256m",
    }
    with Keeper(IMAGE, network=own_network, **locked) as keeper:
        assert keeper.keep("locked", "in", hint="").text == "OK"
        assert keeper.value_of("locked", hint="").text == "in"
        assert keeper.inside("touch", "/app/x")[0] != 0, "the file system is read-only"
        assert keeper.inside("id", "-u")[1].strip() == "65534"


def test_shows_no_password(engine: DockerClient, database: Database, own_network: Network) -> None:
    """A password from a file shows neither in the log, nor in what the container or the image says, nor in `ps`."""
    database.execute(f"CREATE USER 'secretive' IDENTIFIED BY '{SECRET}'; GRANT ALL ON secrets.* TO 'secretive'")
    settings = {"DB_USER": "secretive", "DB_NAME": "secrets", "DB_PASSWORD_FILE": "/run/password"}
    keeper = Keeper(IMAGE, network=own_network, env=settings)
    keeper.with_copy_into_container(SECRET.encode(), "/run/password")
    with keeper:
        assert keeper.keep("a", "1", hint="").text == "OK"
        database.execute("DROP USER 'secretive'")
        for number in database.execute("SELECT id FROM information_schema.processlist WHERE db='secrets'").split()[1:]:
            database.execute(f"KILL {number}")
        assert keeper.keep("a", "1", hint="").status == 503
        shown = {
            "log": keeper.log,
            "ps": keeper.inside("ps", "-o", "pid,args")[1],
            "container": json.dumps(keeper.get_wrapped_container().attrs),
            "image": json.dumps(engine.images.get(IMAGE).attrs),
            "history": json.dumps(engine.images.get(IMAGE).history()),
        }
        assert "Access denied" in shown["log"]
    assert not [place for place, text in shown.items() if SECRET in text]
    assert '"123"' not in shown["image"] + shown["history"]
