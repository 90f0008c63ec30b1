"""The Docker engine: find the one in use, or install and start one, or say in a sentence what to type.

An engine that is there is used as it is: never restarted, reconfigured or pruned.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import docker
import docker.errors
import requests
from docker import DockerClient

from labcheck.engine import host
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_SOCKET = Path("/var/run/docker.sock")
OLDEST_API = (1, 41)  # Engine 20.10, the oldest on which this project is tested
_ANSWER_SECONDS = 10
_START_SECONDS = 30
_POLL_SECONDS = 0.2
_ENGINE_LOG = Path("/var/log/docker.log")


def address() -> str:
    """Return where the engine should be: DOCKER_HOST, else the current docker context, else a socket.

    The address also goes into DOCKER_HOST, for the libraries that know no contexts.
    """
    chosen = os.environ.get("DOCKER_HOST", "")
    if not chosen:
        context = docker.ContextAPI.get_current_context()
        chosen = (context.Host if context else "") or ""
        rootless = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "docker.sock"
        if chosen in {"", f"unix://{DEFAULT_SOCKET}"} and not DEFAULT_SOCKET.exists() and rootless.exists():
            chosen = f"unix://{rootless}"
    return chosen or f"unix://{DEFAULT_SOCKET}"


def is_local() -> bool:
    """Tell whether the engine is reached by a socket of this machine."""
    return address().startswith("unix://")


def tags_of(client: DockerClient) -> dict[str, str]:
    """Return the ids of the images by tag, in one answer: docker-py's list asks for each, and one may go meanwhile."""
    return {tag: str(image["Id"]) for image in client.api.images() for tag in image["RepoTags"] or []}


def connect(*, seconds: int = 120) -> DockerClient:
    """Return a client of the engine that is running; `seconds` limits each wait for an answer.

    Raises:
        LabcheckError: none answers, we are not allowed to talk to it, or it is too old.
    """
    where = address()
    try:
        version = _version(where)
        api = version["ApiVersion"]
        client = _client(where, "auto") if _is_new_enough(api) else None
    except (docker.errors.DockerException, requests.RequestException) as error:
        _explain(where, error)
    if client is None:
        raise LabcheckError(
            _(
                "The Docker engine at {where} is version {version} (API {api}), which is too old: "
                "20.10 (API 1.41) or newer is needed."
            ).format(where=where, version=version["Version"], api=api)
        )
    client.api.timeout = seconds
    os.environ["DOCKER_HOST"] = where
    return client


def ensure(say: Callable[[str], None] = lambda _line: None) -> DockerClient:
    """Return a client of the engine, after installing and starting one where there is none and we may; `say` is told.

    Raises:
        LabcheckError: as `connect`, or the installation failed.
    """
    where = address()
    mine_to_start = "DOCKER_HOST" not in os.environ and where == f"unix://{DEFAULT_SOCKET}"
    if mine_to_start and host.is_root() and not _answers(where):
        if not shutil.which("dockerd"):
            if not host.is_debian_family():
                raise LabcheckError(
                    _(
                        "No Docker engine answers, and this is neither Debian nor Ubuntu, where it could be installed "
                        "for you. Install Docker Engine, then run this again: https://docs.docker.com/engine/install/"
                    )
                )
            say(_("No Docker engine here: installing docker.io …"))
            _install()
        say(_("Starting the Docker engine …"))
        _start()
    return connect()


def describe(client: DockerClient) -> str:
    """Return one line about the engine: version, API, storage driver, cgroup version, machine."""
    info, version = client.info(), client.version()
    return (
        f"Docker Engine {version['Version']}, API {version['ApiVersion']}, {info['Driver']}, "
        f"cgroup v{info.get('CgroupVersion', '1')}, {info['Architecture']}"
    )


def _client(where: str, version: str) -> DockerClient:
    return docker.from_env(timeout=_ANSWER_SECONDS, version=version, environment={**os.environ, "DOCKER_HOST": where})


def _version(where: str) -> dict[str, Any]:
    """Ask without a version in the request: an old engine refuses ours, a new one may refuse the oldest."""
    socket = where.removeprefix("unix://")
    if socket != where and not Path(socket).exists():
        raise docker.errors.DockerException(socket)
    with closing(_client(where, ".".join(map(str, OLDEST_API)))) as client:
        return dict(client.api.version(api_version=False))


def _is_new_enough(api: str) -> bool:
    return tuple(int(part) for part in api.split(".")) >= OLDEST_API


def _answers(where: str) -> bool:
    try:
        return bool(_version(where))
    except (docker.errors.DockerException, requests.RequestException):
        return False


def _install() -> None:
    # Debian 13 has the client in a package of its own, Debian 12 does not know that package
    known = subprocess.run(
        ["apt-cache", "show", "docker-cli"],  # noqa: S607 - found on PATH like every command of Debian's
        capture_output=True,
        check=False,
        timeout=_START_SECONDS,
    )
    host.apt_install("docker.io", "iptables", *(["docker-cli"] if known.returncode == 0 else []))


def _start() -> None:
    """Start the engine by its service, or by itself where services are not to be had (a container, a chroot)."""
    systemd = Path("/run/systemd/system").is_dir()
    command = ["systemctl", "start", "docker"] if systemd else ["service", "docker", "start"]
    started = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - fixed words
    if started.returncode == 0 and _wait(_START_SECONDS if systemd else _ANSWER_SECONDS):
        return
    with _ENGINE_LOG.open("ab") as log:
        daemon = subprocess.Popen(  # stays when we end: it is the machine's engine from now on
            ["dockerd"],  # noqa: S607 - found on PATH
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    if not _wait(_START_SECONDS, daemon):
        lines = _ENGINE_LOG.read_text(errors="replace").splitlines()
        raise LabcheckError(
            _("The Docker engine does not start; its log, {log}, ends with: {line}").format(
                log=_ENGINE_LOG, line=lines[-1] if lines else ""
            )
        )


def _wait(seconds: float, daemon: subprocess.Popen[bytes] | None = None) -> bool:
    deadline = time.monotonic() + seconds
    while not _answers(f"unix://{DEFAULT_SOCKET}"):
        if time.monotonic() > deadline or (daemon and daemon.poll() is not None):
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _explain(where: str, error: Exception) -> NoReturn:
    text = str(error)
    if "Permission denied" in text:
        message = _(
            "You may not talk to the Docker engine at {where}. Join its group and log in again (lab step 5): "
            "sudo usermod -aG docker $USER"
        )
    elif os.environ.get("DOCKER_HOST"):
        message = _("No Docker engine answers at {where}, which DOCKER_HOST names. Start it, or unset DOCKER_HOST.")
    elif shutil.which("dockerd"):
        message = _("No Docker engine answers at {where}. Start it: sudo service docker start")
    elif host.is_debian_family():
        message = _("No Docker engine answers at {where}. Install it and start it: sudo apt-get install docker.io")
    else:
        message = _(
            "No Docker engine answers at {where}. Install Docker Engine or start Docker Desktop: "
            "https://docs.docker.com/engine/install/"
        )
    raise LabcheckError(message.format(where=where)) from error
