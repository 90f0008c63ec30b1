"""Images that the tool itself needs, each a folder with a Dockerfile: built where missing or changed, and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from labcheck.engine.record import Record
from labcheck.images import bases, build, bundled
from labcheck.images import lab as images

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source


def ensure(engine: DockerClient, source: Source, recipe: Path) -> str:
    """Return the tag of the image that a recipe's folder makes; it was brought into a lab machine, or came in a bundle.

    Raises:
        LabcheckError: it cannot be built, or its base cannot be had.
    """
    tag = f"localhost/labcheck/{recipe.name.replace('_', '-')}:latest"
    if bases.brought() or bundled.is_bundled(engine, tag):
        return tag
    record = Record(engine)
    text = (recipe / "Dockerfile").read_text(encoding="utf-8")
    with record.working(lambda _pid: None):
        images.have_bases(record, source, Console(stderr=True), build.base_names(text))
        dockerfile = build.with_bases(text, source.reference)
        build.build(record, recipe, dockerfile, tags=[tag], labels={}, say=lambda _line: None)
    return tag
