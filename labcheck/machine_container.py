"""The container that a lab machine is: what it may do and take, and where its files are on this host."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker.errors
import docker.types

from labcheck import ownership

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

SHARED = "shared"  # a folder of the machine's home whose path is the same inside: what checks mount into containers
IMAGES = "images.json"  # the images that were brought in
DISK_MB, PROCESSES = 12_000, 2000
MEMORY_BYTES = 6 * 2**30  # at most, and at most three quarters of what there is
# Docker's own list for --privileged less those that dockerd does not need: some hosts refuse --privileged as a whole
CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE"),
    *("NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE"),
)


def name_of(home: Path) -> str:
    """Return what the container of the machine at `home` is called."""
    whose = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    return f"labcheck-machine-{home.name}-{whose}"


def get_or_create(engine: DockerClient, image: str, profile: str, home: Path) -> tuple[Container, bool]:
    """Return the machine's container, and whether it was kept: it is made anew where its settings are not today's."""
    memory = min(MEMORY_BYTES, engine.info()["MemTotal"] * 3 // 4)
    host_config = engine.api.create_host_config(
        cap_add=list(CAPABILITIES),
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        binds=[f"{home}:/machine", f"{home / SHARED}:{home / SHARED}"],
        devices=["/dev/loop-control"],
        device_cgroup_rules=["b 7:* rmw"],
        mem_limit=memory,
        memswap_limit=memory,
        pids_limit=PROCESSES,
        log_config=docker.types.LogConfig(type="json-file", config={"max-size": "10m", "max-file": "1"}),
    )
    # `--security-opt systempaths=unconfined`, for which docker-py has no word: without it no container starts inside
    host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}
    settings: dict[str, Any] = {
        "image": str(engine.images.get(image).id),
        "host_config": host_config,
        "environment": {"PROFILE": profile, "DISK_MB": str(DISK_MB), "OWNER": str(os.getuid())},
        "volumes": ["/machine", str(home / SHARED)],
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    with suppress(docker.errors.NotFound):
        container = engine.containers.get(name_of(home))
        if container.labels.get(ownership.MACHINE) == digest:
            return container, True
        remove(container, home)
    (home / IMAGES).unlink(missing_ok=True)
    (home / SHARED).mkdir(exist_ok=True)
    labels = {ownership.MACHINE: digest}
    created = engine.api.create_container(name=name_of(home), hostname="lab", labels=labels, **settings)
    return engine.containers.get(created["Id"]), False


def remove(container: Container, home: Path) -> None:
    """Remove the machine and what it kept."""
    container.remove(force=True, v=True)
    (home / IMAGES).unlink(missing_ok=True)


def address_of(container: Container) -> str:
    """Return the address at which the machine is reached from this host."""
    container.reload()
    return str(container.attrs["NetworkSettings"]["IPAddress"])
