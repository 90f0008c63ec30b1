"""Images of one run: Dockerfiles of a submission built, containers committed, every name taken off at the end."""

from __future__ import annotations

import os
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker.errors

from labcheck.checks import diagnosis
from labcheck.checks.verdicts import Mismatch, UngradableError
from labcheck.engine import connection as host_engine
from labcheck.engine import ownership
from labcheck.engine.record import Record
from labcheck.errors import BuildError, LabcheckError, RefusedError, TooLateError
from labcheck.i18n import _
from labcheck.images import bases, build, buildkit, bundled, standins
from labcheck.images import lab as images

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container
    from rich.console import Console

    from labcheck.images.bases import Source

REPOSITORY = "localhost/labcheck/run"
BUILD_SECONDS = 600  # of one build, BUILD_SECONDS in the environment sets others
LATER_SECONDS = 120  # of the next one, after one that did not end: the checks themselves have a limit (grading.py)


@dataclass(frozen=True)
class Built:
    """An image of the run: its tag, the official name in its last FROM, and the engine's image that stands for that."""

    tag: str
    base: str
    base_reference: str


class Trial:
    """Builds and commits under names of this run; `close` takes the names off, and the images with them."""

    def __init__(self, engine: DockerClient, source: Source, console: Console) -> None:
        """Begin with nothing built.

        Raises:
            LabcheckError: as `build_seconds`.
        """
        self.engine = engine
        self.source = source
        self._console = console
        self._record = Record(engine)
        self._tags: list[str] = []
        self._seconds = build_seconds()

    def build(self, context: Path, dockerfile: str) -> Built | Mismatch:
        """Build the Dockerfile of that name in its context; return the image, or why a student's build failed.

        Raises:
            UngradableError: it is not the student's fault.
        """
        if (context / dockerfile).stat().st_size > build.MOST_BYTES:
            return _too_long(dockerfile)
        text = build.expand_arguments(build.read(context / dockerfile))
        names = build.base_names(text)
        if not names:
            return _without_from(text)
        tag = self._new_tag()
        references: dict[str, str] = {}
        try:
            with self._record.working(lambda _pid: None):
                references |= {name: self._base(name) for name in names}
                self._build(context, build.with_bases(text, references.__getitem__), tag)
        except BuildError as error:
            bundle = bundled.is_asked(self.engine, references.values())
            return diagnosis.explain(error, stand_in=self.source.kind == "standin", bundle=bundle)
        except RefusedError as error:  # the Dockerfile does not parse
            return diagnosis.explain(BuildError(str(error), str(error), ""), stand_in=False)
        except TooLateError:
            expected = _("the image is built within {seconds} s").format(seconds=self._seconds)
            self._seconds = min(self._seconds, LATER_SECONDS)
            return Mismatch(
                expected,
                _("the build does not end"),
                _("Look for a command in RUN that waits or serves: it belongs in CMD (step 113)."),
            )
        except LabcheckError as error:
            raise UngradableError(str(error)) from error
        last = build.final_base(text)
        return Built(tag, bases.official_name(last), references.get(last, last))

    def commit(self, container: Container) -> str:
        """Make an image of a container (step 137) and return its tag."""
        tag = self._new_tag()
        repository, _colon, version = tag.rpartition(":")
        # an image passes its labels on: without ours, its containers can be told from those of its children
        image = container.commit(repository, version, changes=[f'LABEL {ownership.RUN}=""'])
        self._record.tag(str(image.id), tag)
        return tag

    def close(self) -> None:
        """Take off every name that the run has given; images without a name go with theirs."""
        with self._record.working(lambda _pid: None):
            for tag in self._tags:
                self._record.untag(tag)

    def _build(self, context: Path, dockerfile: str, tag: str) -> None:
        if not buildkit.is_needed(dockerfile):
            build.build(
                self._record,
                context,
                dockerfile,
                tags=[tag],
                labels={},
                say=lambda _line: None,
                seconds=self._seconds,
            )
            return
        if not buildkit.is_available():
            raise UngradableError(_("The Dockerfile needs BuildKit, which is used in the lab machine alone."))
        buildkit.build(context, dockerfile, tag, seconds=self._seconds)
        self._record.tag(str(self.engine.images.get(tag).id), tag)

    def _new_tag(self) -> str:
        # the run's id is in the name: what a killed run leaves is known by it
        tag = f"{REPOSITORY}:{ownership.run_id().replace('/', '-')}-{uuid.uuid4().hex[:8]}"
        self._tags.append(tag)
        return tag

    def _base(self, name: str) -> str:
        """Return the engine's image for a name in FROM, pulled where the source has it."""
        official = bases.official_name(name)
        if self.source.kind == "standin":
            official = bases.nearest(official)
            try:
                standins.find(bases.with_tag(official))
            except LabcheckError as error:
                raise UngradableError(str(error)) from error
        try:
            images.have_bases(self._record, self.source, self._console, [bases.with_tag(official)])
        except LabcheckError as error:
            raise UngradableError(str(error)) from error
        return self.source.reference(official)


def build_seconds() -> int:
    """Return the limit of one build: BUILD_SECONDS of the environment where it is set.

    Raises:
        LabcheckError: it is no limit, or beyond the one that there is without it.
    """
    text = os.environ.get("BUILD_SECONDS", "")
    if not text:
        return BUILD_SECONDS
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII) or int(text) > BUILD_SECONDS:
        raise LabcheckError(
            _("BUILD_SECONDS is {text}: the limit of one build is a whole number of seconds, 1 to {most}.").format(
                text=text, most=BUILD_SECONDS
            )
        )
    return int(text)


def _too_long(dockerfile: str) -> Mismatch:
    actual = _("more than {size} kB").format(size=build.MOST_BYTES // 1000)
    return Mismatch(dockerfile, actual, _("A Dockerfile holds instructions, six or so (step 113); data come by COPY."))


def _without_from(text: str) -> Mismatch:
    expected = _("FROM python:3.10.6 or its alpine")
    if "\0" in text:
        hint = _(
            "The Dockerfile is saved as UTF-16, as PowerShell's > does, and docker reads UTF-8: save it again (113)."
        )
        return Mismatch(expected, _("a file that docker cannot read"), hint)
    return Mismatch(expected, text[:200], _("Begin with FROM (step 113)."))


def sweep(engine: DockerClient, *, everything_of: str | None = None) -> None:
    """Take off the names that runs gave whose process is gone, and all of the run `everything_of`."""
    record = Record(engine)
    recorded = {tag for tag in record.tags() if _is_left(tag, everything_of)}
    if recorded:
        with record.working(lambda _pid: None):
            for tag in recorded:
                record.untag(tag)
    for tag in host_engine.tags_of(engine):
        if _is_left(tag, everything_of):  # named by a run that was killed before it could record it
            with suppress(docker.errors.APIError):
                engine.images.remove(tag)


def _is_left(tag: str, everything_of: str | None) -> bool:
    found = re.fullmatch(rf"{REPOSITORY}:(.+)-(\d+)-([\d.]+)-[0-9a-f]{{8}}", tag)
    if not found:
        return False
    run = "/".join(found.groups())
    return run == everything_of or ownership.is_gone(run)
