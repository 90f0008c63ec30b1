"""What of a user's is in the way of the lab's services."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from labcheck import conflicts
from labcheck.engine import ownership

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume


def test_a_container_is_found_by_its_whole_name_alone(
    engine: DockerClient, base: Callable[[str], str], leavings: list[Container | Network | Volume]
) -> None:
    """An id that begins with `db` is no container called db (step 140), nor is one whose name holds it."""
    name = f"my.db-{uuid4().hex[:8]}"
    made = engine.containers.create(base("nginx:latest"), name=name, labels=ownership.run_labels())
    leavings.append(made)
    found = conflicts.find(engine, name)
    assert found
    assert found.id == made.id
    for other in (made.short_id, name[1:], name[:-1], name.replace(".", "x"), ".*"):
        assert conflicts.find(engine, other) is None
