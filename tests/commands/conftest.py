"""A second engine for the tool's tests: what works under the lab's own names needs one to itself."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import docker
import docker.errors
import pytest
from rich.console import Console

from labcheck import images, ownership, toolimages
from labcheck.containers import wait_until
from labcheck.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.models.containers import Container

    from labcheck.bases import Source

RECIPE = Path(__file__).parent / "second_engine"
# Docker's own list for --privileged less those that dockerd does not need; some hosts refuse --privileged as a whole
CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE"),
    *("NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE"),
)
# names that are to be on the second engine, each with the base whose image answers to it: small ones, the names count
SMALL = {
    "python:3.10.6": "python:3.10.6-alpine",
    "python:3.10.6-slim": "python:3.10.6-alpine",
    "python:3.10.6-alpine": "python:3.10.6-alpine",
    "mysql:8.4": "mysql:8.4",
    "nginx:latest": "nginx:latest",
    "hello-world:latest": "hello-world:latest",
    "registry:2": "registry:2",
}
HUB = "127.0.0.1:5000/hub"


@dataclass(frozen=True)
class SecondEngine:
    """An engine in a container, with the lab's bases under the names of a mirror, HUB."""

    client: DockerClient
    container: Container
    home: Path

    @property
    def address(self) -> str:
        """The address at which published ports of the engine's containers are reached."""
        self.container.reload()
        return str(self.container.attrs["NetworkSettings"]["IPAddress"])

    @property
    def environment(self) -> dict[str, str]:
        """What a command of ours needs to work on this engine and leave no record on the host."""
        return {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.home}/docker.sock",
            "TESTCONTAINERS_HOST_OVERRIDE": self.address,
            "XDG_STATE_HOME": str(self.home / "state"),
            "HUB": HUB,
            "COLUMNS": "120",
            "LANGUAGE": "en",
        }

    def popen(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Begin `python -m labcheck ARGUMENTS` on this engine."""
        return subprocess.Popen(  # noqa: S603 - a command of ours
            # a shell's background jobs (CI) are deaf to Ctrl-C, and so would this be
            ["env", "--default-signal=INT", sys.executable, "-m", "labcheck", *arguments],  # noqa: S607 - on PATH
            cwd=images.CHECKOUT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def labcheck(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run `python -m labcheck ARGUMENTS` on this engine and return its exit code and all that it printed."""
        process = self.popen(*arguments, **environment)
        output = process.communicate(timeout=300)[0]
        return process.returncode, output


@pytest.fixture(scope="session")
def second_engine(engine: DockerClient, source: Source) -> Iterator[SecondEngine]:
    """An engine in a container that is started for these tests and gone after them."""
    image = toolimages.ensure(engine, source, RECIPE)
    record = Record(engine)
    with record.working(lambda _pid: None):
        images.ensure_bases(record, source, Console(stderr=True), ["registry:2"])
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        home = Path(directory)
        container = _create(engine, image, home)
        try:
            container.start()
            socket = home / "docker.sock"
            wait_until(container, socket.is_socket, "the second engine answers")
            client = docker.DockerClient(base_url=f"unix://{socket}", timeout=120)
            wait_until(container, lambda: _pings(client), "the second engine answers")
            _load(engine, source, client)
            yield SecondEngine(client, container, home)
            client.close()
        finally:
            container.remove(force=True, v=True)


def _create(engine: DockerClient, image: str, home: Path) -> Container:
    host_config = engine.api.create_host_config(
        cap_add=list(CAPABILITIES),
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        binds=[f"{home}:/sock", f"{images.CHECKOUT}:{images.CHECKOUT}:ro"],
    )
    # `docker run --security-opt systempaths=unconfined`, for which docker-py has no word: the engine sets ip_forward
    host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}
    created = engine.api.create_container(
        image, host_config=host_config, labels=ownership.run_labels(), volumes=["/sock", str(images.CHECKOUT)]
    )
    return engine.containers.get(created["Id"])


def _pings(client: DockerClient) -> bool:
    try:
        return bool(client.ping())
    except (docker.errors.DockerException, OSError):
        return False


def _load(engine: DockerClient, source: Source, into: DockerClient) -> None:
    references = [source.reference(name) for name in sorted(set(SMALL.values()))]
    for reference in references:
        image = engine.images.get(reference)
        (loaded,) = into.images.load(cast("IO[bytes]", image.save(named=reference)))
        for name, stand_in in SMALL.items():
            if source.reference(stand_in) == reference:
                # each an image of its own, as in life: builds on one and the same base would share their steps
                recipe = io.BytesIO(f"FROM {loaded.id}\nLABEL second.engine={name}\n".encode())
                into.images.build(fileobj=recipe, tag=f"{HUB}/library/{name}", rm=True)
        into.images.remove(reference)
