"""Fixtures: a small bundle with one image, and a room: an engine that reaches nothing, and nothing that it reaches."""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from labcheck.bundle import archive, contents, manifest
from labcheck.bundle.manifest import Image, Manifest
from labcheck.engine.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source


def about(**more: object) -> Manifest:
    """Return the manifest of a bundle that this machine could have made, but for what `more` says."""
    values: dict[str, object] = {
        "made": "2026-11-25T12:00:00+03:00",
        "version": "v1",
        "architecture": "amd64",
        "python": manifest.this_python(),
        "bases": "standin",
        "source": "stand-in",
        "image_bytes": 1000,
        "recipes": contents.recipes(),
    }
    return Manifest(**{**values, **more})  # type: ignore[arg-type] # as the dataclass has them


@dataclass(frozen=True)
class SmallBundle:
    """An archive with one image, which is to be called `name`, and is called `packed` in it."""

    path: Path
    name: str
    packed: str


@pytest.fixture
def record(engine: DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """A record of what is ours that no other run has."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Record(engine)


@pytest.fixture
def small_bundle(engine: DockerClient, source: Source, record: Record, tmp_path: Path) -> Iterator[SmallBundle]:
    """A bundle of the smallest base image, under a name of the test's own."""
    unique = uuid.uuid4().hex[:12]
    name, packed = (f"localhost/labcheck-test/{unique}:{tag}" for tag in ("latest", "packed"))
    path = tmp_path / "bundle.tar"
    engine.images.get(source.reference("hello-world")).tag(packed)
    try:
        with archive.writing(path) as writer:
            part = writer.add(manifest.IMAGES, engine.images.get(packed).save(named=packed))
            known = (Image(packed, name, part.bytes),)
            writer.finish(about(architecture=engine.version()["Arch"], parts=(part,), images=known))
    finally:
        engine.images.remove(packed, noprune=True)
    yield SmallBundle(path, name, packed)
    for tag in record.tags():
        record.untag(tag)


def rewritten(path: Path, **changes: object) -> Path:
    """Change what the manifest of a bundle says; the parts stay as they are."""
    other = path.with_name("other.tar")
    with archive.reading(path) as (tar, made), archive.writing(other) as writer:
        data = {**json.loads(made.to_json()), **changes}
        for part in made.parts:
            with archive.opened(tar, part) as file:
                writer.add(part.name, [file.read()])
        writer.add(manifest.NAME, [json.dumps(data).encode()])
    shutil.move(other, path)
    return path
