"""Fixtures of the faults: a keeper and its database under load, and what has to be true afterwards."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from labcheck.checks import testbed
from labcheck.checks.keeper import Keeper
from labcheck.checks.testbed import Database, DatabaseReady
from tests.faults.load import Load

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.networks import Network
    from docker.models.volumes import Volume

RECOVERY_SECONDS = 5
NO_DNS = ["192.0.2.1"]  # TEST-NET-1 (RFC 5737): a classroom without the internet, where unknown names get no answer
Fault = Callable[..., AbstractContextManager[Load]]


@dataclass
class Service:
    """A keeper, its database, and what connects them."""

    keeper: Keeper
    database: Database
    network: Network
    mysql: str
    volume: str

    def replace_database(self) -> None:
        """Remove the database's container, however it stands, and start a new one on the same volume."""
        self.database.stop()
        network = self.database._network  # noqa: SLF001 - testcontainers does not say it otherwise
        assert network
        self.database = Database(self.mysql, network, self.volume)
        self.database.start()

    def start_database(self) -> None:
        """Start the database's container again and wait until it answers."""
        self.database.get_wrapped_container().start()
        DatabaseReady().wait_until_ready(self.database)


@pytest.fixture
def service(engine: DockerClient, mysql: str, volume: Volume) -> Iterator[Service]:
    """A keeper of the reference with its database on a volume, ready, on a port that stays the same."""
    with testbed.network() as network:
        keeper = Keeper("var_keeper:latest", network=network, dns=NO_DNS)
        keeper.with_bind_ports(keeper.port, _free_port())
        database = Database(mysql, network, volume.name)
        made = Service(keeper, database, engine.networks.get(str(network.id)), mysql, str(volume.name))
        try:
            database.start()
            keeper.start()
            yield made
        finally:
            keeper.stop()
            made.database.stop()


@pytest.fixture
def fault(service: Service, record_property: Callable[[str, object], None]) -> Fault:
    """A function for `with`: in its body the load runs and the fault happens; after it all is verified.

    `unanswered`: some requests may get no answer at all; `unavailable`: some must get 503, None: they may.
    """

    @contextmanager
    def happening(what: str, *, unanswered: bool = False, unavailable: bool | None = True) -> Iterator[Load]:
        load = Load(service.keeper.url(""))
        container = service.keeper.get_wrapped_container()
        load.start()
        try:
            load.all_write(container)
            before = load.answers.copy()
            yield load
            healed = time.monotonic()
            during = load.answers - before
            load.all_write(container, seconds=RECOVERY_SECONDS)
            recovered = time.monotonic() - healed
            load.all_write(container)
        finally:
            load.stop()
        rows = service.database.execute("SELECT name, value FROM vars.vars").splitlines()[1:]
        lost = load.lost((row.split("\t")[0], row.split("\t")[1]) for row in rows)
        record_property(
            "measured",
            f"{what}: {load.acknowledged} writes acknowledged, {len(lost)} lost, {during[503]} answers 503 and "
            f"{during['no answer']} none, longest {load.longest:.1f} s, service again after {recovered:.1f} s",
        )
        assert not lost, lost
        assert not load.wrong, load.wrong
        assert unanswered or not load.answers["no answer"], f"{load.answers}"
        assert unavailable in {None, bool(load.answers[503])}, f"{load.answers}"

    return happening


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
