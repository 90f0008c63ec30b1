"""What builds images: the engine's default, and what the `docker` command of this machine can do."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from labcheck.doctor.commands import DOCS, as_root, output
from labcheck.doctor.finding import ok, warning
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding

_BUILDKIT = "2"  # of /_ping's header Builder-Version: https://docs.docker.com/reference/api/engine/
_BUILDKIT_INSIDE = range(18, 23)  # releases of the command that had BuildKit's client built in; later it is buildx


def builder(facts: Facts) -> Finding:
    """Tell what builds: labcheck the engine's classic builder, a person's `docker build` BuildKit if it can."""
    api = facts.engine().client.api
    answer = api.get(f"{api.base_url}/_ping", timeout=api.timeout)
    is_buildkit = answer.headers.get("Builder-Version") == _BUILDKIT
    default = _("BuildKit is the engine's default") if is_buildkit else _("the classic builder is the engine's default")
    if not shutil.which("docker"):
        package = _package("docker-cli", "docker-ce-cli", "docker.io")
        return warning(
            _("{default}; there is no docker command, with which the lab is done").format(default=default),
            _("Install it:") if package else _("Install it: {page}").format(page=DOCS),
            as_root(f"apt-get install {package}") if package else "",
        )
    client = (output("docker", "--version") or "docker ?").partition(",")[0].strip()
    buildx = re.search(r"v?\d+\.\d+\S*", output("docker", "buildx", "version") or "")
    release = re.search(r"Docker version (\d+)", client)
    if buildx:
        return ok(_("{default}; {client}, buildx {version}").format(default=default, client=client, version=buildx[0]))
    if release and int(release[1]) in _BUILDKIT_INSIDE:
        return ok(_("{default}; {client}, BuildKit built in").format(default=default, client=client))
    package = _package("docker-buildx-plugin", "docker-buildx")
    return warning(
        _("{default}; {client} has no buildx").format(default=default, client=client),
        _("The lab builds without it; a Dockerfile with RUN --mount or a heredoc does not. To have it:")
        + ("" if package else f" {DOCS}"),
        as_root(f"apt-get install {package}") if package else "",
    )


def _package(*names: str) -> str:
    """Return the first of these packages that this machine's apt knows, empty where it knows none."""
    return next((name for name in names if output("apt-cache", "show", name)), "")
