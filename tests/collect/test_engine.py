"""`sh collect.sh` with a real engine and its client: an image of the test's own, never the user's."""

from __future__ import annotations

import io
import json
import os
import subprocess
import uuid
from typing import TYPE_CHECKING

import pytest

from labcheck.checks.trial import REPOSITORY
from labcheck.engine import ownership
from tests.collect.conftest import SCRIPT, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient


@pytest.fixture
def image(engine: DockerClient, base: Callable[[str], str]) -> Iterator[str]:
    """The tag of a small image; the run's id is in it, as a killed run's are swept by it."""
    tag = f"{REPOSITORY}:{ownership.run_id().replace('/', '-')}-{uuid.uuid4().hex[:8]}"
    recipe = f"FROM {base('hello-world:latest')}\nLABEL lab={tag}\n"  # no other run's image: it is removed
    engine.images.build(fileobj=io.BytesIO(recipe.encode()), tag=tag, rm=True)
    yield tag
    engine.images.remove(tag)


def test_the_image_is_saved_and_stays(engine: DockerClient, image: str, tmp_path: Path) -> None:
    """`docker save`, `docker history`, `docker image ls` of the image (137, 138); the engine is as it was before."""
    environment = {**os.environ, "HOME": str(tmp_path), "LANGUAGE": "en"}
    identity = engine.images.get(image).id
    done = subprocess.run(  # noqa: S603 - a script of ours
        ["/bin/sh", SCRIPT, "-i", image, "-o", "одна работа.tar.gz"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"found    image.tar              step 137   {image}\n" in done.stdout
    files = unpack((tmp_path / "одна работа.tar.gz").read_bytes())
    saved = unpack(files["одна работа/image.tar"])
    assert [entry["RepoTags"] for entry in json.loads(saved["manifest.json"])] == [[image]]
    assert f"LABEL lab={image}".encode() in files["одна работа/history.txt"]
    assert REPOSITORY.encode() in files["одна работа/images.txt"]
    assert engine.images.get(image).id == identity
    assert engine.containers.list(all=True, filters={"ancestor": image}) == []
    assert [path.name for path in tmp_path.iterdir()] == ["одна работа.tar.gz"]


def test_an_unknown_image_is_said_in_dockers_words(engine: DockerClient, tmp_path: Path) -> None:
    """An image that is not on the engine is not pulled; the files are taken (137)."""
    (tmp_path / "app.py").touch()
    name = f"localhost/labcheck/{uuid.uuid4().hex}"
    environment = {**os.environ, "HOME": str(tmp_path), "LANGUAGE": "en"}
    done = subprocess.run(  # noqa: S603 - a script of ours
        ["/bin/sh", SCRIPT, "-i", name], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "- no image: " in done.stdout
    assert name in done.stdout
    assert not [tag for found in engine.images.list(name=name) for tag in found.tags]
