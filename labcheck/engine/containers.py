"""Wait for containers: every wait has a limit, and a container that died ends it at once, with its last words."""

from __future__ import annotations

import io
import re
import tarfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker.errors
import requests
import urllib3

from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.models.containers import Container

_POLL_SECONDS = 0.1
_LAST_LINES = 20
CUT_OFF = 124  # the exit code of what did not end: https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html
_EXEC_SECONDS = 600
_EXEC_BYTES = 1 << 23


def last_lines(container: Container, count: int = _LAST_LINES) -> str:
    """Return the last `count` lines that the container logged, both streams together."""
    return container.logs(tail=count).decode(errors="replace").rstrip()


def inside(
    container: Container,
    *command: str,
    seconds: float = _EXEC_SECONDS,
    **options: Any,  # noqa: ANN401 - docker-py's own
) -> tuple[int, str]:
    """Run a command in a running container, as `docker exec` does; return its exit code and what it printed.

    In a student's container any program may be another one that talks or waits without end: after `seconds`, or 8 MB,
    nobody listens any more, and the exit code is CUT_OFF. `options` are those of docker-py's exec_create: `user`,
    `workdir`, `environment`.

    Raises:
        docker.errors.APIError: the engine refuses; the container is not running, for one.
    """
    api: Any = container.client.api  # type: ignore[union-attr] # one that came from an engine has its client
    begun = api.exec_create(container.id, list(command), **options)["Id"]
    # docker-py's exec_start reads past a buffer: what comes together with the answer's head, as under load, is lost
    answer = api.post(
        f"{api.base_url}/v{api.api_version}/exec/{begun}/start", json={"Tty": False}, stream=True, timeout=seconds
    )
    with answer:
        try:
            answer.raise_for_status()
        except requests.HTTPError as error:
            docker.errors.create_api_error_from_http_exception(error)
        output, is_whole = _until_its_end(answer.raw, seconds)
    code = int(api.exec_inspect(begun)["ExitCode"] or 0) if is_whole else CUT_OFF
    return code, output.decode(errors="replace")


def _until_its_end(stream: urllib3.HTTPResponse, seconds: float) -> tuple[bytearray, bool]:
    """Return what a command printed, both streams together, and whether that is all.

    https://docs.docker.com/reference/api/engine/ (attach to a container): 8 bytes before each piece end with its size.
    """
    output = bytearray()
    deadline = time.monotonic() + seconds
    with suppress(urllib3.exceptions.ReadTimeoutError):
        while head := stream.read(8):
            if len(output) > _EXEC_BYTES or time.monotonic() > deadline:
                return output, False
            output += stream.read(int.from_bytes(head[4:], "big"))
        return output, True
    return output, False


def put_files(container: Container, folder: str, files: dict[str, bytes], *, mode: int = 0o644) -> None:
    """Copy files into a folder of a container, as `docker cp` does.

    Raises:
        docker.errors.NotFound: there is no such folder in it.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    container.put_archive(folder, buffer.getvalue())


def get_texts(container: Container, path: str) -> list[str]:
    """Return what a file in a container holds, or each file of a folder, as `docker cp` has it; none where none is."""
    try:
        chunks, _about = container.get_archive(path)
    except docker.errors.NotFound:
        return []
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        files = [archive.extractfile(entry) for entry in archive if entry.isfile()]
        return [file.read().decode(errors="replace") for file in files if file]


def published_port(container: Container, inside: int) -> int:
    """Return the port of the host at which the container's TCP port `inside` is published."""
    container.reload()
    bindings = (container.ports or {}).get(f"{inside}/tcp")
    if not bindings:
        raise LabcheckError(
            _("The container {name} publishes no port {port}.").format(name=container.name, port=inside)
        )
    return int(bindings[0]["HostPort"])


def wait_until(container: Container, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return as soon as `condition()` is true; `what` names it for the error.

    Raises:
        LabcheckError: the container stopped before, or `seconds` went by; its last lines are in the message.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        container.reload()
        if container.status in {"exited", "dead"}:
            if condition():  # it may have come true with the container's last breath
                return
            code = container.attrs["State"]["ExitCode"]
            raise LabcheckError(
                _("The container {name} stopped (exit code {code}) before {what}. Its last lines:\n{lines}").format(
                    name=container.name, code=code, what=what, lines=last_lines(container)
                )
            )
        if time.monotonic() > deadline:
            raise LabcheckError(
                _("After {seconds:.0f} s still not: {what} (container {name}). Its last lines:\n{lines}").format(
                    seconds=seconds, what=what, name=container.name, lines=last_lines(container)
                )
            )
        time.sleep(_POLL_SECONDS)


def wait_for_log(container: Container, pattern: str, *, times: int = 1, seconds: float = 60) -> str:
    """Return the whole log once the regular expression `pattern` is in it `times` times.

    Raises:
        LabcheckError: as `wait_until`.
    """
    log = ""

    def found() -> bool:
        nonlocal log
        log = container.logs().decode(errors="replace")
        return len(re.findall(pattern, log, re.MULTILINE)) >= times

    wait_until(container, found, _("the log shows {pattern!r}").format(pattern=pattern), seconds)
    return log
