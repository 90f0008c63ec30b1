"""Build an image on the engine, with FROM rewritten, and without leaving steps behind.

The Engine API's own builder is used (docker-py's, and so testcontainers'), which every engine has; see docs of
https://docs.docker.com/reference/api/engine/ (image build).
"""

from __future__ import annotations

import re
import tempfile
from typing import TYPE_CHECKING

from labcheck import stream
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.record import STAGE_TAG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.record import Record

    Say = Callable[[str], None]

# https://docs.docker.com/reference/dockerfile/#from
_FROM = re.compile(r"^(\s*FROM\s+(?:--platform=\S+\s+)?)(\S+)(?:(\s+AS\s+)(\S+))?", re.IGNORECASE | re.MULTILINE)
_STEP_RESULT = re.compile(r"^ ---> ([0-9a-f]{12})$")
_LAST_LINES = 15
_BUILD_SECONDS = 3600


def stages(dockerfile: str) -> list[str]:
    """Return the names of a Dockerfile's stages, in order; an unnamed one (the last, as a rule) has none."""
    return [match[4] for match in _FROM.finditer(dockerfile) if match[4]]


def base_names(dockerfile: str) -> list[str]:
    """Return the images that a Dockerfile starts from, without its own stages and scratch."""
    own = {*stages(dockerfile), "scratch"}
    return list(dict.fromkeys(match[2] for match in _FROM.finditer(dockerfile) if match[2] not in own))


def with_bases(dockerfile: str, reference: Callable[[str], str]) -> str:
    """Return the Dockerfile with each base image in FROM replaced by `reference(name)`."""
    names = set(base_names(dockerfile))

    def replace(match: re.Match[str]) -> str:
        image = reference(match[2]) if match[2] in names else match[2]
        return f"{match[1]}{image}{match[3] or ''}{match[4] or ''}"

    return _FROM.sub(replace, dockerfile)


def build(  # noqa: PLR0913 - what a build is made of
    record: Record, context: Path, dockerfile: str, *, tags: list[str], labels: dict[str, str], say: Say
) -> str:
    """Build an image, name it once it is whole, and return its id; `say` is told each line the build prints.

    Raises:
        LabcheckError: the build failed; its last lines are in the message.
        interrupt.Interrupted: Ctrl-C; the engine has stopped the build, its steps are removed.
    """
    steps: set[str] = set()
    temporary: list[str] = []
    try:
        for stage in stages(dockerfile):
            # a finished stage would stay behind without a name and out of reach: give it one, and remove it by that
            tag = f"{STAGE_TAG}{context.name}-{stage}"
            record.tag(_build(record, context, dockerfile, steps, say, target=stage), tag)
            temporary.append(tag)
        image_id = _build(record, context, dockerfile, steps, say, labels=labels)
        for tag in tags:
            record.tag(image_id, tag)
    finally:
        for tag in temporary:
            record.untag(tag)
        record.clear_unfinished(steps)
    return image_id


def _build(  # noqa: PLR0913 - the engine's parameters
    record: Record,
    context: Path,
    dockerfile: str,
    steps: set[str],
    say: Say,
    *,
    target: str | None = None,
    labels: dict[str, str] | None = None,
) -> str:
    image_id, fresh = "", False
    lines: list[str] = []
    with tempfile.NamedTemporaryFile("w", prefix="Dockerfile.", encoding="utf-8") as outside:
        outside.write(dockerfile)
        outside.flush()
        events = stream.events(
            lambda client: client.build(
                path=str(context),
                dockerfile=outside.name,
                target=target,
                labels=labels,
                rm=True,
                forcerm=True,
                decode=True,
                use_config_proxy=True,
            ),
            seconds=_BUILD_SECONDS,
        )
        for event in events:
            if "error" in event:
                raise LabcheckError(
                    _("The build of {name} failed: {reason}\n{lines}").format(
                        name=context.name, reason=str(event["error"]).strip(), lines="\n".join(lines[-_LAST_LINES:])
                    )
                )
            image_id = event.get("aux", {}).get("ID", image_id)
            for line in filter(str.strip, event.get("stream", "").splitlines()):
                made = _STEP_RESULT.match(line)
                if line.startswith("Step "):
                    fresh = " : FROM " not in line.upper()
                elif line == " ---> Using cache":
                    fresh = False
                elif made and fresh:
                    steps.add(made[1])
                    record.begin_step(made[1])
                lines.append(line.rstrip())
                say(lines[-1].strip())
    return image_id
