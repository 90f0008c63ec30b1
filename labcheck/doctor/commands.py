"""Commands: those that a probe asks something, and those that a finding tells a person to type."""

from __future__ import annotations

import json
import platform
import shlex
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcheck.engine import host
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Engine

_SECONDS = 10
_SYSTEM_SETTINGS, _USERS_SETTINGS = Path("/etc/docker/daemon.json"), Path("~/.config/docker/daemon.json")
DOCS = "https://docs.docker.com/engine/install/"


def output(*command: str, seconds: float = _SECONDS) -> str | None:
    """Return what a command prints, None where it is not there, fails, or does not end in time."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words of ours
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    return done.stdout if done.returncode == 0 else None


def as_root(command: str) -> str:
    """Return a command as who is not root has to type it."""
    return command if host.is_root() else f"sudo {command}"


def is_wsl() -> bool:
    """Tell whether this is Linux on Windows: https://learn.microsoft.com/windows/wsl/."""
    return "microsoft" in platform.release().lower()


def has_systemd() -> bool:
    """Tell whether services are systemd's."""
    return Path("/run/systemd/system").is_dir()


def service(verb: str) -> str:
    """Return the command that starts or restarts this machine's engine."""
    return as_root(f"systemctl {verb} docker" if has_systemd() else f"service docker {verb}")


def engine_setting(engine: Engine, name: str, value: object) -> tuple[str, str]:
    """Return the advice and the command that give the engine a setting of daemon.json: never over settings it has.

    https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
    """
    setting = json.dumps({name: value})
    if not engine.is_here:
        where = _("Docker Desktop: Settings → Docker Engine") if engine.is_desktop else _("the engine's daemon.json")
        return _("Add this setting: {setting} ({where}).").format(setting=setting, where=where), ""
    path, is_users = settings_file(engine), engine.has_security("rootless")
    restart = "systemctl --user restart docker" if is_users else service("restart")
    if path.exists():
        return _("Add {setting} to {path}, then restart the engine.").format(setting=setting, path=path), restart
    write = f"mkdir -p {path.parent} && echo '{setting}' > {path}"
    return _("Set it, and restart the engine:"), f"{write if is_users else _as_root_shell(write)} && {restart}"


def settings_file(engine: Engine) -> Path:
    """Return where an engine of this machine has its settings."""
    return _USERS_SETTINGS.expanduser() if engine.has_security("rootless") else _SYSTEM_SETTINGS


def settings_of(engine: Engine) -> dict[str, Any]:
    """Return the settings that are there, as far as they can be read."""
    with suppress(OSError, ValueError):
        settings = json.loads(settings_file(engine).read_text())
        return settings if isinstance(settings, dict) else {}
    return {}


def _as_root_shell(script: str) -> str:
    return script if host.is_root() else f"sudo sh -c {shlex.quote(script)}"
