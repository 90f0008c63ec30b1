"""Who looks into an image leaves nothing behind, also where the image has volumes: a container of it makes those."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from labcheck.compare import image as compared
from labcheck.machine.container import registry_settings
from labcheck.submission import image_reading
from tests.machine.conftest import ALPINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient
    from docker.models.images import Image

    from labcheck.machine.machine import Machine


def _settings(engine: DockerClient, image: Image, _folder: Path) -> None:
    registry_settings(engine, image)


def _read(engine: DockerClient, image: Image, folder: Path) -> None:
    image_reading.read(engine, str(image.id), folder)


def _look(engine: DockerClient, image: Image, _folder: Path) -> None:
    compared.look(engine, str(image.id))


@pytest.mark.parametrize("look", [_settings, _read, _look])
def test_nothing_stays(lab: Machine, tmp_path: Path, look: Callable[[DockerClient, Image, Path], None]) -> None:
    """Afterwards the engine has no container and no volume more."""
    recipe = f"FROM {ALPINE}\nVOLUME /data\nWORKDIR /app\n"
    image, _log = lab.client.images.build(fileobj=io.BytesIO(recipe.encode()), rm=True)
    look(lab.client, image, tmp_path)
    assert lab.client.volumes.list() == []
    assert lab.client.containers.list(all=True) == []
