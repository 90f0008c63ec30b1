"""Build an image on the engine, with FROM rewritten, and without leaving steps behind.

The Engine API's own builder is used (docker-py's, and so testcontainers'), which every engine has; see docs of
https://docs.docker.com/reference/api/engine/ (image build).
"""

from __future__ import annotations

import codecs
import re
import tempfile
import time
from collections import deque
from typing import TYPE_CHECKING

import docker.errors
from rich.text import Text

from labcheck.engine import stream
from labcheck.engine.record import STAGE_TAG
from labcheck.errors import BuildError
from labcheck.i18n import _
from labcheck.images import bundled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.engine.record import Record

    Say = Callable[[str], None]

# https://docs.docker.com/reference/dockerfile/#from
_FROM = re.compile(r"^(\s*FROM\s+(?:--platform=\S+\s+)?)(\S+)(?:(\s+AS\s+)(\S+))?", re.IGNORECASE | re.MULTILINE)
_FROM_OPTION = re.compile(
    r"^(\s*(?:COPY\s+(?:--\S+\s+)*--from=|RUN\s+(?:--\S+\s+)*--mount=\S*\bfrom=))([^\s,]+)",
    re.IGNORECASE | re.MULTILINE,
)
_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)=(\S*)\s*$", re.IGNORECASE | re.MULTILINE)
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))")
_STEP_RESULT = re.compile(r"^ ---> ([0-9a-f]{12})$")
_STEP_CONTAINER = re.compile(r"^ ---> Running in ([0-9a-f]{12})$")
_LAST_LINES = 15
_KEPT_LINES, _KEPT_LETTERS = 1000, 1000  # of what a build prints: it may print without end
MOST_BYTES = 100_000  # of a Dockerfile that somebody wrote
_CANCEL_SECONDS = 20
_POLL_SECONDS = 0.1
_BUILD_SECONDS = 3600


def expand_arguments(dockerfile: str) -> str:
    """Return the Dockerfile with the arguments in FROM replaced by their defaults.

    https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
    """
    first = _FROM.search(dockerfile)
    head = dockerfile[: first.start()] if first else ""
    defaults = {match[1]: match[2].strip("\"'") for match in _ARGUMENT.finditer(head)}

    def value(match: re.Match[str]) -> str:
        name, _colon, fallback = (match[1] or match[2]).partition(":-")
        return defaults.get(name) or fallback

    return _FROM.sub(lambda line: _VARIABLE.sub(value, line[0]), dockerfile)


def read(path: Path) -> str:
    """Return the text of a Dockerfile, every byte of it, without the mark that Windows' editors begin with."""
    return path.read_bytes().removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def stages(dockerfile: str) -> list[str]:
    """Return the names of a Dockerfile's stages, in order; an unnamed one (the last, as a rule) has none."""
    return [match[4] for match in _FROM.finditer(dockerfile) if match[4]]


def base_names(dockerfile: str) -> list[str]:
    """Return the images that a Dockerfile starts from or copies from, without its own stages and scratch."""
    own = {*map(str.lower, stages(dockerfile)), "scratch"}
    begun = [match[2] for match in _FROM.finditer(dockerfile)]
    copied = [match[2] for match in _FROM_OPTION.finditer(dockerfile) if not match[2].isdigit()]
    return [name for name in dict.fromkeys([*begun, *copied]) if name.lower() not in own]


def final_base(dockerfile: str) -> str:
    """Return the image that the last stage stands on, also where it stands on another stage."""
    base_of = {match[4].lower(): match[2] for match in _FROM.finditer(dockerfile) if match[4]}
    *_others, last = (match[2] for match in _FROM.finditer(dockerfile))
    while last.lower() in base_of:
        last = base_of.pop(last.lower())
    return last


def with_bases(dockerfile: str, reference: Callable[[str], str]) -> str:
    """Return the Dockerfile with each base image replaced by `reference(name)`, in FROM and where it is copied from."""
    names = set(base_names(dockerfile))

    def image(name: str) -> str:
        return reference(name) if name in names else name

    begun = _FROM.sub(lambda m: f"{m[1]}{image(m[2])}{m[3] or ''}{m[4] or ''}", dockerfile)
    return _FROM_OPTION.sub(lambda m: f"{m[1]}{image(m[2])}", begun)


def build(  # noqa: PLR0913 - what a build is made of
    record: Record,
    context: Path,
    dockerfile: str,
    *,
    tags: list[str],
    labels: dict[str, str],
    say: Say,
    seconds: float = _BUILD_SECONDS,
) -> str:
    """Build an image, name it once it is whole, and return its id; `say` is told each line the build prints.

    Raises:
        BuildError: the build failed; its last lines are in the message.
        LabcheckError: the engine refused it or went away. TooLateError: all its stages did not end within `seconds`.
        interrupt.Interrupted: Ctrl-C; the engine has stopped the build; the end of the run removes its steps.
    """
    steps = _Steps(record, say)
    temporary: list[str] = []
    deadline = time.monotonic() + seconds
    hosts = bundled.hosts_for(record.engine, base_names(dockerfile))
    try:
        for stage in stages(dockerfile):
            # a finished stage would stay behind without a name and out of reach: give it one, and remove it by that
            tag = f"{STAGE_TAG}{context.name}-{stage}"
            record.tag(_build(context, dockerfile, steps, deadline, hosts, target=stage), tag)
            temporary.append(tag)
        image_id = _build(context, dockerfile, steps, deadline, hosts, labels=labels)
        for tag in tags:
            record.tag(image_id, tag)
    finally:
        for tag in temporary:
            record.untag(tag)
        steps.wait_for_container()
    return image_id


class _Steps:
    """What a build prints, read for what it leaves on the engine: each step's image, and the container at work."""

    def __init__(self, record: Record, say: Say) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._record = record
        self._say = say
        self._container = ""
        self._fresh = False

    def read(self, line: str) -> None:
        """Take in one line."""
        line = Text.from_ansi(
            line[:_KEPT_LETTERS]
        ).plain.rstrip()  # the engine colours what a command writes to standard error
        if not line:
            return
        self.lines.append(line)
        self._say(line.strip())
        image, container = _STEP_RESULT.match(line), _STEP_CONTAINER.match(line)
        if line.startswith("Step "):
            self._fresh = " : FROM " not in line.upper()
        elif line == " ---> Using cache":
            self._fresh = False
        elif container:
            self._container = container[1]
        elif image and self._fresh:
            self._record.begin_step(image[1])

    def wait_for_container(self) -> None:
        """Wait until the engine has removed the container of the last step: until then its image cannot be removed."""
        engine = self._record.engine
        deadline = time.monotonic() + _CANCEL_SECONDS
        while self._container and time.monotonic() < deadline:
            try:
                engine.containers.get(self._container)
            except docker.errors.NotFound:
                break
            time.sleep(_POLL_SECONDS)


def _build(  # noqa: PLR0913 - what a build is made of
    context: Path,
    dockerfile: str,
    steps: _Steps,
    deadline: float,
    hosts: dict[str, str],
    *,
    target: str | None = None,
    labels: dict[str, str] | None = None,
) -> str:
    image_id = ""
    with tempfile.NamedTemporaryFile(
        "w", prefix="Dockerfile.", encoding="utf-8", errors="surrogateescape", newline=""
    ) as outside:
        outside.write(dockerfile)
        outside.flush()
        events = stream.events(
            lambda client: client.build(
                path=str(context),
                dockerfile=outside.name,
                target=target,
                labels=labels,
                extra_hosts=hosts,
                rm=True,
                forcerm=True,
                decode=True,
                use_config_proxy=True,
            ),
            seconds=deadline - time.monotonic(),
        )
        for event in events:
            if "error" in event:
                reason = str(event["error"]).strip()
                last = "\n".join(list(steps.lines)[-_LAST_LINES:])
                message = _("The build of {name} failed: {reason}\n{lines}")
                raise BuildError(
                    message.format(name=context.name, reason=reason, lines=last), reason, "\n".join(steps.lines)
                )
            image_id = event.get("aux", {}).get("ID", image_id)
            for line in event.get("stream", "").splitlines():
                steps.read(line)
    return image_id
