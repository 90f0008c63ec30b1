"""What befalls the database while four clients write and two read: nothing acknowledged is lost (lab steps 140-143)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import docker.errors
import pytest

from labcheck.engine.containers import wait_until

if TYPE_CHECKING:
    from docker.models.containers import Container

    from tests.faults.conftest import Fault, Service

pytestmark = pytest.mark.slow
SECONDS = 5  # how long a fault lasts that ends by itself
OURS = "FROM information_schema.processlist WHERE db = 'vars'"


def test_restarted(service: Service, fault: Fault) -> None:
    """`docker restart db`: the keeper connects anew."""
    with fault("database restarted"):
        service.database.restart()


def test_killed(service: Service, fault: Fault) -> None:
    """The database dies of SIGKILL and is started again."""
    with fault("database killed") as load:
        service.database.get_wrapped_container().kill()
        # it starts within the 2 s for which the keeper lets its clients wait, on a fast machine
        wait_until(service.keeper.get_wrapped_container(), lambda: load.answers[503] > 0, "the fault is noticed", 10)
        service.start_database()


@pytest.mark.parametrize("seconds", [3, 5])
def test_paused(service: Service, fault: Fault, seconds: int) -> None:
    """`docker pause`: it keeps its connections and says nothing for a while; what it then reads undoes no later write.

    3 s: a write that was given up after 2 s is read together with one that was sent meanwhile.
    """
    with fault(f"database paused for {seconds} s"):
        container = service.database.get_wrapped_container()
        wait_until(service.keeper.get_wrapped_container(), lambda: _paused(container), "the database is paused", 30)
        time.sleep(seconds)  # the fault itself
        container.unpause()


def test_cut_off(service: Service, fault: Fault) -> None:
    """`docker network disconnect net db` for 5 s: packets go nowhere, and nobody says so."""
    with fault("database cut off for 5 s"):
        container = service.database.get_wrapped_container()
        service.network.disconnect(container)
        time.sleep(SECONDS)  # the fault itself
        service.network.connect(container, aliases=["db"])


def test_replaced(service: Service, fault: Fault) -> None:
    """A new container takes over the volume, as after `docker rm -f db`."""
    with fault("database replaced"):
        service.replace_database()


def test_connections_killed(service: Service, fault: Fault) -> None:
    """An administrator's KILL on every connection of the keeper's, three times."""
    with fault("connections killed", unavailable=False) as load:
        for _ in range(3):
            service.database.execute(_kill(service))
            load.all_write(service.keeper.get_wrapped_container())


def test_rows_locked(service: Service, fault: Fault) -> None:
    """Somebody locks every row for 3 s: writes are refused, reads go on."""
    with fault("rows locked") as load:
        before = load.answers[200]
        service.database.execute("USE vars; BEGIN; SELECT COUNT(*) FROM vars FOR UPDATE; DO SLEEP(3); ROLLBACK")
        assert load.answers[200] > before, "reads go on"


def test_no_connection_left(service: Service, fault: Fault) -> None:
    """The server takes no more connections than two for 3 s, and ends those of the keeper's."""
    with fault("max_connections reached"):
        limit = "SET GLOBAL max_connections ="
        service.database.execute(f"{limit} 1; {_kill(service)}; DO SLEEP(3); {limit} 151")


def test_connections_expired(service: Service, fault: Fault) -> None:
    """Connections that the server closed because nobody used them for long are replaced, and nobody notices."""
    wait_until(
        service.keeper.get_wrapped_container(),
        # the image's HEALTHCHECK keeps one or two in use
        lambda: int(service.database.execute(f"SELECT COUNT(*) {OURS}").split()[1]) <= 2,
        "the server closes idle connections",
        30,
    )
    with fault("connections expired", unavailable=False):
        pass


def _paused(container: Container) -> bool:
    """Pause a container; a freezer of cgroup v1 can give up on one that is busy (runc thaws it then), so ask again."""
    try:
        container.pause()
    except docker.errors.APIError as error:
        if "unable to freeze" not in str(error):
            raise
        return False
    return True


def _kill(service: Service) -> str:
    """Return statements that end the connections that the keeper has now."""
    return service.database.execute(f"SELECT GROUP_CONCAT('KILL ', id SEPARATOR '; ') {OURS}").splitlines()[1]
