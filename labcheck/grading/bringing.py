"""What the checks of a submission need, brought into a lab machine: base images, our tools, the image handed in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import docker.errors
from rich.console import Console

from labcheck.checks import rubric
from labcheck.engine.record import Record
from labcheck.errors import LabcheckError
from labcheck.images import bases, build, toolimages
from labcheck.images import lab as images
from labcheck.submission import image_reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source
    from labcheck.machine.machine import Machine
    from labcheck.submission.submission import Submission

_MEASURED = "python:3.10.6"  # what alpine's size is compared with (step 128)
# images that checks of an area need besides the bases of what was handed in
_BASE_OF_AREA = {"content": "nginx:latest"}
_TOOL_OF_AREA = {
    "keeper": images.CHECKOUT / "labcheck" / "images" / "ready_mysql",
    "netplan": images.CHECKOUT / "labcheck" / "checks" / "netplan_generator",
}


def bring_bases(
    engine: DockerClient, source: Source, machine: Machine, handed_in: Submission, areas: Sequence[str]
) -> None:
    """Bring the bases that the submission starts from and the tool's images that its areas need.

    A base that is not to be had is left out: the check that needs it says so.
    """
    trusted: dict[str, str] = {}
    others: dict[str, str] = {}
    record = Record(engine)
    areas = [area for area in areas or rubric.AREAS if area not in handed_in.missing]
    names = {_BASE_OF_AREA[area] for area in areas if area in _BASE_OF_AREA} | _bases_of(handed_in)
    with record.working(lambda _pid: None):
        for name in sorted(names):
            official = bases.with_tag(bases.official_name(name))
            official = bases.nearest(official) if source.kind == "standin" else official
            with suppress(LabcheckError):
                images.have_bases(record, source, Console(stderr=True), [official])
                # anybody may push NAME/IMAGE, and set it to any registry; a name without a slash is Docker's to give
                kind = others if "/" in official else trusted
                kind[official] = source.reference(official)
    for area in areas:
        if area in _TOOL_OF_AREA:
            tool = toolimages.ensure(engine, source, _TOOL_OF_AREA[area])
            trusted[tool] = tool
    labs_own = {*bases.LAB_BASES, *(name for name in machine.brought if name.startswith("localhost/labcheck/"))}
    machine.give_up(machine.brought.keys() - labs_own - trusted.keys())
    machine.bring(engine, trusted, trusted=True)
    machine.bring(engine, others, trusted=False)
    machine.sizes = {_MEASURED: _size(engine, source, _MEASURED)}


def bring_image(engine: DockerClient, machine: Machine, handed_in: Submission, reference: str | None) -> Submission:
    """Bring the image that was handed in, which is `reference` on this host or in an archive; name it as it is there.

    An archive that the machine's engine does not take is the student's.
    """
    if handed_in.image_archive:
        try:
            return replace(handed_in, image=machine.load(handed_in.image_archive))
        except LabcheckError as error:
            full = "no space left" in str(error)
            return replace(handed_in, image_trouble=str(error)) if full else replace(handed_in, image_fault=str(error))
    if reference and handed_in.image:
        # no engine tags an image with a digest: there it is called as it is here meanwhile
        name = reference if "@" in handed_in.image else bases.with_tag(handed_in.image)
        machine.bring(engine, {name: reference}, trusted=False)
        return replace(handed_in, image=name)
    return handed_in


def read_image(engine: DockerClient, handed_in: Submission, folder: Path) -> Submission:
    """Return the submission with what it lacks read from its image, which `engine` has, into the empty `folder`."""
    if not handed_in.image or handed_in.image_fault or handed_in.image_trouble:
        return handed_in
    return handed_in.completed_by(*image_reading.read(engine, handed_in.image, folder))


def _size(engine: DockerClient, source: Source, name: str) -> int:
    """Return the bytes of a base image, as published where it is not on this host."""
    try:
        return images.size(engine, source.reference(name))
    except docker.errors.ImageNotFound:
        return bases.LAB_BASES[name] * 10**6


def _bases_of(handed_in: Submission) -> set[str]:
    """Return the images that the Dockerfiles which count start from or copy from."""
    files = []
    if handed_in.context and handed_in.dockerfile:
        files.append(handed_in.context / handed_in.dockerfile)
    if handed_in.keeper and handed_in.keeper_dockerfile:
        files.append(handed_in.keeper.parent / handed_in.keeper_dockerfile)
    texts = [build.read(file) for file in files if file.stat().st_size <= build.MOST_BYTES]
    return {name for text in texts for name in build.base_names(build.expand_arguments(text))}
