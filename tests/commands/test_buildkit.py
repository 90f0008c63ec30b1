"""The reference's Dockerfiles on BuildKit: in an engine of ours, for BuildKit's cache bears no label and would stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import inside, put_files
from labcheck.images import build
from labcheck.images.bases import Source
from labcheck.images.lab import CHECKOUT, LAB_IMAGES, LabImage
from tests.commands.conftest import HUB

if TYPE_CHECKING:
    from tests.commands.conftest import SecondEngine

IMAGES = [image for image in LAB_IMAGES if image.dockerfile in {"Dockerfile.alpine", "var_keeper/Dockerfile"}]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.dockerfile)
def test_dockerfile_builds_on_buildkit(second_engine: SecondEngine, image: LabImage) -> None:
    """`docker buildx build` makes an image that starts as the classic builder's does (steps 113, 114); see also 127."""
    dockerfile = build.with_bases(image.text, Source("mirror", HUB).reference).encode()
    put_files(second_engine.lab.container, "/tmp", {"Dockerfile.rewritten": dockerfile})  # noqa: S108 - in the machine
    command = ["docker", "buildx", "build", "--progress=plain", "--tag=on-buildkit", "--file=/tmp/Dockerfile.rewritten"]
    code, output = inside(second_engine.lab.container, *command, str(CHECKOUT / image.context))
    assert code == 0, output
    assert "[2/5] WORKDIR /app" in output  # BuildKit's way to say a step
    config = second_engine.client.images.get("on-buildkit").attrs["Config"]
    assert (config["Entrypoint"], config["Cmd"], config["WorkingDir"]) == (["python"], ["app.py"], "/app")
    own = {"StopSignal", "Healthcheck"} & config.keys()
    assert own == {"Healthcheck" if image.dockerfile.startswith("var_keeper") else "StopSignal"}
