"""Why no engine answers, and the command that mends it: no rights, not started, not installed, another one meant."""

from __future__ import annotations

import getpass
import grp
import os
import platform
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import docker

from labcheck.doctor.commands import DOCS, is_wsl, service
from labcheck.doctor.finding import wrong
from labcheck.doctor.web import reason_of
from labcheck.engine import connection as engine
from labcheck.engine import host
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import NoEngineError
    from labcheck.doctor.finding import Finding

_INSTALL = "sudo apt-get update && sudo apt-get install docker.io"
USERS_PODMAN = (
    "systemctl --user enable --now podman.socket && export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock"
)


def explain(error: NoEngineError) -> Finding:
    """Word why the engine cannot be used: `error` has as causes what `engine.connect` raised, and why."""
    cause = error.__cause__
    try:
        where = engine.address()
    except Exception as unreadable:  # noqa: BLE001 - docker-py has no other word for a context that it cannot read
        return wrong(
            _("the docker context cannot be read: {reason}").format(reason=unreadable),
            _("Use this machine's engine:"),
            "docker context use default",
        )
    reason = cause.__cause__ if isinstance(cause, LabcheckError) else cause
    if "Permission denied" in str(reason):
        return wrong(_("you may not talk to the engine at {where}").format(where=where), *_permission(where))
    if isinstance(cause, LabcheckError) and not cause.__cause__:  # too old, which its own sentence says
        return wrong(str(cause), _("Install a newer one: {page}").format(page=DOCS))
    socket = where.removeprefix("unix://")
    is_absent = socket != where and not os.path.lexists(socket)
    why = _("there is no such socket") if is_absent else reason_of(reason)
    return wrong(_("no engine answers at {where}: {reason}").format(where=where, reason=why), *_start(where))


def _permission(where: str) -> tuple[str, str]:
    """Return how to get the right: by the group of the socket, or by the user's own Podman where it is Podman's."""
    socket = Path(where.removeprefix("unix://"))
    if "podman" in os.path.realpath(socket):
        return _("This is Podman's socket, root's own. Use the one of your own Podman:"), USERS_PODMAN
    with suppress(OSError, KeyError):
        group = grp.getgrgid(socket.stat().st_gid)
        if getpass.getuser() in group.gr_mem and group.gr_gid not in os.getgroups():
            return _("You are in its group, but not yet in this session:"), f"newgrp {group.gr_name}"
    return _("Join its group, then log in again (lab step 5):"), 'sudo usermod -aG docker "$USER"'


def _start(where: str) -> tuple[str, str]:
    """Return how to get an engine: start the one that is meant, mean another one, or install one."""
    context = docker.ContextAPI.get_current_context()
    is_chosen = context is not None and context.Name != "default" and context.Host == where
    desktop = _(
        "Start Docker Desktop in Windows and switch on Settings → Resources → WSL integration for this distribution; "
        "or install an engine here:"
    )
    ways = (
        (
            "DOCKER_HOST" in os.environ,
            (_("DOCKER_HOST names it. Start it there, or use this machine's:"), "unset DOCKER_HOST"),
        ),
        (
            is_chosen,
            (_("A docker context names it. Start it there, or use this machine's:"), "docker context use default"),
        ),
        (platform.system() == "Darwin", (_("Start Docker Desktop:"), "open -a Docker")),
        (_has_rootless(), (_("Start your rootless engine:"), "systemctl --user start docker")),
        (bool(shutil.which("dockerd")), (_("Start it:"), service("start"))),
        (is_wsl(), (desktop, _INSTALL)),
        (
            bool(shutil.which("podman")),
            (_("There is Podman, which was not tried; its socket would be:"), USERS_PODMAN),
        ),
        (host.is_debian_family(), (_("Install one (lab step 5):"), "make engine" if host.is_root() else _INSTALL)),
        (True, (_("Install one: {page}").format(page=DOCS), "")),
    )
    return next(way for is_it, way in ways if is_it)


def _has_rootless() -> bool:
    """Tell whether this user's own engine was set up: https://docs.docker.com/engine/security/rootless/."""
    return (Path.home() / ".config/systemd/user/docker.service").exists()
