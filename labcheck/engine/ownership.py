"""What on the engine is ours: labels on containers, networks and volumes, set when they are made.

Three labels: `labcheck.run` names the process that made a thing for itself (a test, a build) and may be swept once that
process is gone; `labcheck.service` marks what `make up` leaves running on purpose; `labcheck.machine` a lab machine,
which is kept.

Labels of an image pass on to its containers, so somebody's container of an image committed from one of ours would carry
our label too: a container is ours only if its image does not already have that label.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import docker.errors
import psutil

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

RUN = "labcheck.run"
SERVICE = "labcheck.service"
MACHINE = "labcheck.machine"


def run_id() -> str:
    """Return `host/pid/start` of the process that this run is; its child processes (pytest-xdist) belong to it."""
    if "LABCHECK_RUN" not in os.environ:
        me = psutil.Process()
        os.environ["LABCHECK_RUN"] = f"{platform.node()}/{me.pid}/{me.create_time():.2f}"
    return os.environ["LABCHECK_RUN"]


def run_labels() -> dict[str, str]:
    """Return the labels for what this run creates."""
    return {RUN: run_id()}


def is_gone(run: str) -> bool:
    """Tell whether the process of a run id has ended; one of another host counts as alive."""
    try:
        host, pid, start = run.rsplit("/", 2)
        if host != platform.node():
            return False
        return f"{psutil.Process(int(pid)).create_time():.2f}" != start
    except psutil.NoSuchProcess:
        return True
    except ValueError:  # not a run id of ours
        return False


def is_ours(engine: DockerClient, container: Container, label: str) -> bool:
    """Tell whether the label was set on the container itself, not passed on by its image.

    Where the image has been removed by force nobody can tell: then it is not ours to touch.
    """
    value = container.labels.get(label)
    if value is None:
        return False
    try:
        image = engine.images.get(container.attrs["Image"])
    except docker.errors.ImageNotFound:
        return False
    return image.labels.get(label) != value


def sweep(engine: DockerClient, *, everything_of: str | None = None) -> list[str]:
    """Remove what runs left behind whose process is gone, and all of the run `everything_of`; return the names."""
    removed = []

    def doomed(run: str | None) -> bool:
        return run is not None and (run == everything_of or is_gone(run))

    for container in engine.containers.list(all=True, filters={"label": RUN}, ignore_removed=True):
        if doomed(container.labels.get(RUN)) and is_ours(engine, container, RUN):
            container.remove(force=True, v=True)
            removed.append(str(container.name))
    for network in engine.networks.list(filters={"label": RUN}):
        if doomed((network.attrs.get("Labels") or {}).get(RUN)):
            network.remove()
            removed.append(str(network.name))
    for volume in engine.volumes.list(filters={"label": RUN}):
        if doomed((volume.attrs.get("Labels") or {}).get(RUN)):
            volume.remove(force=True)
            removed.append(volume.name)
    return removed
