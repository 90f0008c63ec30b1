"""The walkthrough beside a user's own containers: what has the lab's names and ports on the host does not notice."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import docker.errors
import pytest

from labcheck import conflicts
from labcheck.engine import ownership
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network
    from docker.models.volumes import Volume

    from labcheck.images.bases import Source

pytestmark = pytest.mark.slow
NAMES = ("web", "one", "db")
SECONDS = 300


def test_the_host_does_not_notice(
    engine: DockerClient,
    source: Source,
    base: Callable[[str], str],
    leavings: list[Container | Network | Volume],
) -> None:
    """Steps 81 and 15 with their `web`, port 80 and prune leave containers of those names on the host as they were."""
    for name in NAMES:
        _have(engine, base("nginx:latest"), name, leavings)
    before = _state(engine)
    assert set(before) == set(NAMES)
    # a run of its own: what it makes is not this one's
    environment = {name: value for name, value in os.environ.items() if name != "LABCHECK_RUN"} | {
        "HUB": source.setting
    }
    for part in ("14", "81"):
        ran = subprocess.run(  # noqa: S603 - a command of ours
            [sys.executable, "-m", "labcheck", "walkthrough", f"--step={part}"],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "docker " in ran.stdout
    assert _state(engine) == before


def _have(engine: DockerClient, image: str, name: str, leavings: list[Container | Network | Volume]) -> None:
    """Have a container of that name: the user's own, or one of ours; `web` takes port 80, where it is free."""
    if not conflicts.find(engine, name):
        ports = {"80/tcp": 80} if name == "web" else {}
        made = engine.containers.create(image, name=name, ports=ports, labels=ownership.run_labels())
        leavings.append(made)
        with contextlib.suppress(
            docker.errors.APIError
        ):  # somebody has the port: then it is theirs that must not notice
            made.start()


def _state(engine: DockerClient) -> dict[str, tuple[str, str, str]]:
    """Return id, state and start of the containers of those names."""
    found = {name: conflicts.find(engine, name) for name in NAMES}
    return {name: (str(one.id), one.status, one.attrs["State"]["StartedAt"]) for name, one in found.items() if one}
