"""Build with BuildKit, in the lab machine: what students' own `docker build` does, and the Engine API's builder cannot.

docker-py knows the classic builder alone (https://github.com/docker/docker-py/issues/2230), so the machine's own
`docker build` is run, inside of it. BuildKit's cache cannot be told from a user's own: never on the user's engine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import docker
import docker.errors
from rich.text import Text

from labcheck.engine.containers import inside
from labcheck.errors import BuildError, LabcheckError, TooLateError
from labcheck.i18n import _

# set in a lab machine's environment: its container, the engine that this one runs on, a folder that both see
MACHINE = "LABCHECK_MACHINE"
# https://docs.docker.com/reference/dockerfile/: what only BuildKit understands
_NEEDED = re.compile(
    r"^\s*RUN\s+--(?:mount|network|security|device)\b|^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*--(?:chmod|link|parents|exclude|checksum|keep-git-dir)\b|"
    r"^\s*(?:RUN|COPY|ADD)\s[^#\n]*<<-?[\"']?\w",
    re.IGNORECASE | re.MULTILINE,
)
_FRONTEND = re.compile(
    r"\A(?:#.*\n)*?#\s*syntax\s*=\s*(?:docker\.io/)?docker/dockerfile\S*\s*$", re.IGNORECASE | re.MULTILINE
)
_REASON = re.compile(r"^ERROR: (?:failed to (?:build|solve): )?(?:failed to solve: )?(.+)$")
_LAST_LINES = ("bash", "-o", "pipefail", "-c", '"$@" 2>&1 | tail -n 300', "build")  # of what a build prints
_TIMED_OUT = 124  # https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html


def is_needed(dockerfile: str) -> bool:
    """Tell whether the classic builder does not understand a Dockerfile that BuildKit does."""
    return bool(_NEEDED.search(dockerfile))


def is_available() -> bool:
    """Tell whether this process works in a lab machine."""
    return MACHINE in os.environ


def build(context: Path, dockerfile: str, tag: str, *, seconds: int) -> None:
    """Build an image from a context, whose path is the same in the machine as here, and give it its tag.

    Raises:
        BuildError: the build failed. TooLateError: it did not end within `seconds`.
        LabcheckError: the machine is not there.
    """
    where = json.loads(os.environ[MACHINE])
    with tempfile.TemporaryDirectory(dir=where["scratch"]) as directory:
        file = Path(directory) / "Dockerfile"
        # the frontend that is built in will do: the machine reaches no image registry
        text = _FRONTEND.sub("#", dockerfile, count=1)
        file.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
        beside = context / "Dockerfile.dockerignore"
        if beside.is_file() and not beside.is_symlink():
            shutil.copyfile(beside, file.with_name(beside.name))
        command = ["timeout", "--kill-after=5", str(seconds), "docker", "buildx", "build", "--progress=plain"]
        command += [f"--tag={tag}", f"--file={file}", str(context)]
        try:
            with closing(docker.DockerClient(base_url=where["engine"], timeout=seconds + 60)) as host:
                code, output = inside(host.containers.get(where["container"]), *_LAST_LINES, *command)
        except docker.errors.DockerException as error:
            raise LabcheckError(_("The lab machine does not answer: {reason}").format(reason=error)) from error
    lines = Text.from_ansi(output).plain.splitlines()
    if code == _TIMED_OUT:
        raise TooLateError(_("The build did not end within {seconds} s.").format(seconds=seconds))
    if code:
        reason = next((found[1] for found in map(_REASON.match, reversed(lines)) if found), lines[-1] if lines else "")
        raise BuildError(reason, reason, "\n".join(lines))
