"""After the lab: var_keeper/compose.yaml runs the same two services by docker compose, which the next lab is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["python:3.10.6-alpine", "mysql:8.4"]
SECONDS = 240


@pytest.fixture(scope="module", autouse=True)
def _folder(lab: Lab) -> Iterator[None]:
    """The folder of the keeper, in the user's home."""
    lab.as_root("rm -rf /machine/walkthrough")
    folder = lab.machine.home / "walkthrough"
    folder.mkdir()
    for file in (CHECKOUT / "var_keeper").iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    lab.as_root("cp -r /machine/walkthrough /home/user/var_keeper && chown -R user:user /home/user/var_keeper")
    lab.window(1).type("cd ~/var_keeper")
    yield
    lab.begin()
    lab.forget_images()


def test_the_file_is_valid(window: Window) -> None:
    """Compose takes the file without a complaint."""
    assert window.type("docker compose config --quiet").text == ""


def test_up(lab: Lab, window: Window) -> None:
    """`docker compose up --wait` builds, starts both, and comes back when both are healthy."""
    window.type("docker compose up --detach --wait", seconds=SECONDS)
    containers = [json.loads(line) for line in window.type("docker compose ps --format json").text.splitlines()]
    assert {(one["Service"], one["Health"]) for one in containers} == {("db", "healthy"), ("keeper", "healthy")}
    assert len(lab.client.containers.list()) == 2


def test_the_contract(window: Window) -> None:
    """The keeper answers as in steps 142 and 143."""
    assert window.type("curl -s -d value=kept 127.0.0.1/var/a").text == "OK"
    assert window.type("curl -s 127.0.0.1/var/a").text == "kept"


def test_values_outlive_down(lab: Lab, window: Window) -> None:
    """After `down` and `up` the values are there: the volume stays, containers and network do not."""
    window.type("docker compose down", seconds=SECONDS)
    assert lab.client.containers.list(all=True) == []
    assert [volume.name for volume in lab.client.volumes.list()] == ["var_keeper_vars"]
    window.type("docker compose up --detach --wait", seconds=SECONDS)
    assert window.type("curl -s 127.0.0.1/var/a").text == "kept"
