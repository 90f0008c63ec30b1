"""The container that a lab machine is: what it may do and take, and where its files are on this host."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker
import docker.errors
import docker.types

from labcheck.engine import ownership
from labcheck.engine.containers import get_texts, wait_until
from labcheck.errors import LabcheckError, MachineError
from labcheck.i18n import _
from labcheck.machine import exits

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.images import Image

SHARED = "shared"  # a folder of the machine's home whose path is the same inside: what checks mount into containers
IMAGES = "images.json"  # the images that were brought in
SETTINGS, EXIT = "settings", "exit"  # which registries they are set to; what the exit is told
START_SECONDS = 30
_ON_HOST = _(" On your own engine, where work is bounded in time alone: ENGINE=host make check")
DISK_MB, PROCESSES = 12_000, 2000
MEMORY_BYTES = 6 * 2**30  # at most, and at most three quarters of what there is
MEMORY_STEP = 2**26  # what there is differs by some kilobytes from boot to boot: no reason to make a machine anew
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
    memory = min(MEMORY_BYTES, engine.info()["MemTotal"] * 3 // 4 // MEMORY_STEP * MEMORY_STEP)
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
        "environment": {
            "PROFILE": profile,
            "DISK_MB": str(DISK_MB),
            "PROCESSES": str(PROCESSES),
            "OWNER": str(os.getuid()),
        },
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


def start(container: Container, home: Path) -> DockerClient:
    """Start the machine and return the client of its engine.

    Raises:
        MachineError: it does not start, or cannot be reached from here.
    """
    container.reload()
    if container.status == "running":  # its run was killed
        container.kill()
    sock = home / "docker.sock"
    sock.unlink(missing_ok=True)
    exits.write(home / EXIT, registries(home))
    try:
        container.start()
        wait_until(container, sock.is_socket, _("the engine in it answers"), START_SECONDS)
        client = docker.DockerClient(base_url=f"unix://{sock}", timeout=120)
        wait_until(container, lambda: _pings(client), _("the engine in it answers"), START_SECONDS)
    except (LabcheckError, docker.errors.APIError) as error:
        raise MachineError(
            _("The lab machine does not start here: {reason}").format(reason=getattr(error, "explanation", error))
            + _ON_HOST
        ) from error
    if not _is_reached(address_of(container)):
        raise MachineError(
            _("The lab machine cannot be reached from here: its network is another machine's, as with Docker Desktop.")
            + _ON_HOST
        )
    return client


def registries(home: Path) -> list[exits.Registry]:
    """Return where the machine's exit is to lead: what this host and the base images in the machine are set to."""
    (home / SETTINGS).mkdir(exist_ok=True)
    return exits.registries(file.read_text() for file in sorted((home / SETTINGS).iterdir()))


def registry_settings(client: DockerClient, image: Image) -> str:
    """Return what the files in an image say which registries it is set to; nothing of it is run."""
    container = client.containers.create(str(image.id), ["none"], labels=ownership.run_labels())
    try:
        return "\n".join(text for path in exits.SETTINGS for text in get_texts(container, path))
    finally:
        container.remove(v=True)


def _is_reached(address: str) -> bool:
    """Tell whether packets come back from there: its walls refuse at once, a network out of reach is silent."""
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect((address, 9))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return True


def _pings(client: DockerClient) -> bool:
    with suppress(docker.errors.DockerException, OSError):
        return bool(client.ping())
    return False
