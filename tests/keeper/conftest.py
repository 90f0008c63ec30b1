"""Fixtures of the keeper's own tests: the reference with its database, started once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from mysql.connector import connect

from labcheck.checks import testbed
from labcheck.checks.keeper import Keeper
from labcheck.checks.testbed import PASSWORD, Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mysql.connector.abstracts import MySQLCursorAbstract
    from testcontainers.core.network import Network

IMAGE = "var_keeper:latest"
DATABASE_PORT = 3306


@pytest.fixture(scope="module")
def own_network() -> Iterator[Network]:
    """A network on which the database is `db`."""
    with testbed.network() as made:
        yield made


@pytest.fixture(scope="module")
def database(mysql: str, own_network: Network) -> Iterator[Database]:
    """A database of the module's own, which tests reach, too."""
    with Database(mysql, own_network).with_exposed_ports(DATABASE_PORT) as started:
        yield started


@pytest.fixture(scope="module")
def keeper(database: Database, own_network: Network) -> Iterator[Keeper]:  # noqa: ARG001 - it is to be there first
    """The reference keeper, ready."""
    with Keeper(IMAGE, network=own_network, network_aliases=["keeper"]) as started:
        yield started


@contextmanager
def connected(database: Database) -> Iterator[MySQLCursorAbstract]:
    """Lend a cursor of a connection of its own: a client started in the container takes too long when much is done."""
    host, port = database.get_container_host_ip(), int(database.get_exposed_port(DATABASE_PORT))
    with connect(host=host, port=port, user="root", password=PASSWORD, autocommit=True) as connection:
        yield connection.cursor()
