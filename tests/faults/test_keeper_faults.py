"""What befalls the keeper and the database's disk while four clients write and two read (lab steps 141-143)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import wait_until

if TYPE_CHECKING:
    from tests.faults.conftest import Fault, Service

pytestmark = pytest.mark.slow
STOP_SECONDS = 10
NOTICES_SECONDS = 90  # MySQL looks for room once a minute
FILLER = "/var/lib/mysql/filler"


def test_killed(service: Service, fault: Fault) -> None:
    """`docker kill keeper`, and it is started again."""
    with fault("keeper killed", unanswered=True, unavailable=None):
        container = service.keeper.get_wrapped_container()
        container.kill()
        container.start()


def test_restarted(service: Service, fault: Fault) -> None:
    """`docker restart keeper`."""
    with fault("keeper restarted", unanswered=True, unavailable=None):
        service.keeper.get_wrapped_container().restart(timeout=STOP_SECONDS)


def test_worker_killed(service: Service, fault: Fault) -> None:
    """One of the server's processes dies, as it does when memory runs out: the others go on, and it is replaced."""
    with fault("one of the keeper's processes killed", unanswered=True, unavailable=None):
        before = set(_workers(service))
        service.keeper.inside("kill", "-9", max(before))
        wait_until(
            service.keeper.get_wrapped_container(), lambda: bool(set(_workers(service)) - before), "a new process", 5
        )


@pytest.mark.parametrize("volume_options", [{"type": "tmpfs", "device": "tmpfs", "o": "size=350m"}])
def test_disk_full(service: Service, fault: Fault) -> None:
    """The volume is full: writes are refused, reads go on; once there is room, writes work again."""
    keeper = service.keeper.get_wrapped_container()
    with fault("volume full") as load:
        service.database.inside("sh", "-c", f"cat /dev/zero > {FILLER}")
        wait_until(keeper, lambda: load.answers[503] > 0, "a write is refused", 60)
        before = load.answers[200]
        wait_until(keeper, lambda: load.answers[200] > before, "reads go on", 5)
        service.database.inside("rm", FILLER)
        wait_until(keeper, lambda: _takes_writes(service), "the database notices that there is room", NOTICES_SECONDS)


def _takes_writes(service: Service) -> bool:
    """Tell whether the database itself can write again."""
    client = ["mysql", "--host=127.0.0.1", "--user=root", "--execute=CREATE DATABASE IF NOT EXISTS probe"]
    return service.database.inside("env", "MYSQL_PWD=123", "timeout", "2", *client)[0] == 0


def _workers(service: Service) -> list[str]:
    """Return the process numbers of the server's processes but the first, which watches them."""
    processes = service.keeper.inside("ps", "-o", "pid,args")[1].splitlines()
    return sorted(
        words[0] for line in processes if (words := line.split())[1:] == ["python", "app.py"] and words[0] != "1"
    )
