"""The index of a bundle's wheels: an image that came with it, and a server that runs while a command of ours needs it.

A base image out of a bundle says by its environment where pip finds packages: at a name that exists nowhere else. Where
an image is built on the engine itself, that name is given to the build; in a lab machine it leads to the exit, which
passes on to the server. So a Dockerfile is built as it stands, and there is one way for real bases and stand-ins.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import docker.errors

from labcheck.engine import ownership
from labcheck.engine.containers import wait_for_log
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import bases
from labcheck.images.bases import STANDIN, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker import DockerClient
    from docker.models.containers import Container

IMAGE = "localhost/bundle/wheels:latest"
LOADED = Source("mirror", "localhost/bundle")  # real bases out of a bundle: the engine's official names are not ours
LABEL = "labcheck.bundle"  # of an image out of a bundle: the name that it came with; its children have another
KIND_LABEL = "labcheck.bundle.bases"  # of the index: the kind of the bases
HOST, PORT = "wheels.labcheck.internal", 8000
URL = f"http://{HOST}:{PORT}/"
# https://pip.pypa.io/en/stable/cli/pip_install/: these win over pip.conf, and no other index is asked
PIP = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": URL, "PIP_TRUSTED_HOST": HOST}
_START_SECONDS = 60
_MEMORY = 2**28
_starting = threading.Lock()
_served: dict[str, str] = {}  # the server of this process: its address by the container's id


def source(engine: DockerClient) -> Source | None:
    """Return where bases come from on an engine that a bundle was loaded into, None for any other."""
    if bases.brought():
        return None
    try:
        labels = engine.images.get(IMAGE).labels
    except docker.errors.ImageNotFound:
        return None
    return STANDIN if labels.get(KIND_LABEL) == STANDIN.kind else LOADED


def is_used(engine: DockerClient, setting: str) -> bool:
    """Tell whether bases come out of a bundle that was loaded into the engine: one is there, and HUB says nothing."""
    return not bases.parse_hub(setting) and source(engine) is not None


def refuse_lacking(engine: DockerClient, where: Source, lacking: list[str]) -> None:
    """Stop where base images are lacking that a bundle should have brought: they cannot be had otherwise.

    Raises:
        LabcheckError: they are.
    """
    if lacking and where == source(engine):
        raise LabcheckError(
            _("The bundle that was loaded here has no {names}. With a registry in reach: HUB=docker.io").format(
                names=", ".join(lacking)
            )
        )


def is_bundled(engine: DockerClient, name: str) -> bool:
    """Tell whether an image of that name is there and came with a bundle."""
    try:
        return engine.images.get(name).labels.get(LABEL) == name
    except docker.errors.ImageNotFound:
        return False


def is_asked(engine: DockerClient, names: Iterable[str]) -> bool:
    """Tell whether one of the images has pip ask the index, being a base out of a bundle or built on one."""
    for name in names:
        with suppress(docker.errors.APIError):
            if f"PIP_FIND_LINKS={URL}" in (engine.images.get(name).attrs["Config"].get("Env") or []):
                return True
    return False


def address(engine: DockerClient) -> str:
    """Return the address of the index's server; it is started where this process has none, and ends with it.

    Raises:
        LabcheckError: it does not start.
    """
    with _starting:
        if not _served:
            container = _created(engine)
            atexit.register(stop, engine)
            _served[str(container.id)] = ""
            try:
                container.start()
                wait_for_log(container, "Serving HTTP", seconds=_START_SECONDS)
            except BaseException:
                stop(engine)
                raise
            container.reload()
            _served[str(container.id)] = str(container.attrs["NetworkSettings"]["IPAddress"])
        return next(iter(_served.values()))


def serving() -> str | None:
    """Return the address of this process's server, None where it has none."""
    return next(iter(_served.values()), None)


def hosts_for(engine: DockerClient, names: Iterable[str]) -> dict[str, str]:
    """Return what a build on these images needs in /etc/hosts, and start the server where they ask for it.

    In a lab machine nothing: there the name leads to the exit.

    Raises:
        LabcheckError: as `address`.
    """
    return {HOST: address(engine)} if not bases.brought() and is_asked(engine, names) else {}


def hosts() -> dict[str, str]:
    """Return what a container's /etc/hosts needs: the index's name, where this process serves it."""
    return {HOST: where} if (where := serving()) else {}


def _created(engine: DockerClient) -> Container:
    try:
        return engine.containers.create(
            IMAGE,
            labels=ownership.run_labels(),
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=_MEMORY,
            pids_limit=64,
        )
    except docker.errors.ImageNotFound as error:
        raise LabcheckError(
            _(
                "The base images here came out of a bundle, and its index of packages is gone: make load BUNDLE=FILE "
                "brings it back, make clean BASES=1 removes them too."
            )
        ) from error


def stop(engine: DockerClient) -> None:
    """End this process's server, where it has one."""
    while _served:
        container_id, _address = _served.popitem()
        with suppress(Exception):  # the end of our process, perhaps the engine's too; the next run sweeps what is left
            engine.api.remove_container(container_id, force=True, v=True)
