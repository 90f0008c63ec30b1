"""Whose a container is: ours by a label set on itself, swept once the run that made it is gone."""

from __future__ import annotations

import io
import platform
import uuid
from typing import TYPE_CHECKING

from labcheck.engine import ownership

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

DEAD = {ownership.RUN: f"{platform.node()}/999999999/1.00"}  # no process has that number


def test_a_dead_run_s_container_is_swept_and_one_that_nobody_can_tell_is_not(
    engine: DockerClient, base: Callable[[str], str], leavings: list[Container]
) -> None:
    """What a dead run left is removed; where the image is gone, whose label it was cannot be told, and it stays."""
    hello = base("hello-world:latest")
    tag = f"labcheck-{uuid.uuid4().hex[:12]}:1"
    engine.images.build(fileobj=io.BytesIO(f"FROM {hello}\nLABEL a=b\n".encode()), tag=tag, rm=True)
    left = engine.containers.create(hello, labels=DEAD)
    orphan = engine.containers.create(tag, labels=DEAD)
    leavings.append(orphan)
    engine.images.remove(tag, force=True)
    removed = ownership.sweep(engine)
    assert left.name in removed
    assert orphan.name not in removed
    orphan.reload()
