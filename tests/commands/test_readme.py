"""The READMEs' commands that work on the engine as a whole, typed by a reader who has one to themselves.

What each of them does is proved by its neighbours here; this is that the READMEs say it right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from labcheck import conflicts
from labcheck.images.bases import LAB_BASES, STANDIN, parse_hub
from labcheck.images.lab import LAB_IMAGES
from tests.commands.conftest import HUB
from tests.readme import desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from labcheck.images.bases import Source
    from tests.commands.conftest import SecondEngine
    from tests.readme.desk import Desk

TAGS = {tag for image in LAB_IMAGES for tag in image.tags}


@pytest.fixture(scope="module")
def reader(second_engine: SecondEngine) -> Iterator[Desk]:
    """A reader at the second engine; in the end it has nothing of the lab."""
    yield desk.at_checkout(second_engine.environment)
    second_engine.labcheck("down", VOLUMES="1")
    second_engine.labcheck("clean")


def tags(second: SecondEngine) -> set[str]:
    """Return the names of the engine's images."""
    return {tag for image in second.client.images.list() for tag in image.tags}


def code(second: SecondEngine, *ports: int) -> int:
    """Return how `make up` has to end: with 2 where somebody on this host, whose ports count too, has one of them."""
    return 2 if any(conflicts.holder(second.client, port) for port in ports) else 0


def assert_answers(second: SecondEngine, output: str, keeper: int, web: int) -> None:
    """Check that the two services answer (steps 142 and 83), or that a taken port was said."""
    if code(second, keeper, web):
        assert "is taken by" in " ".join(output.split())
        return
    assert requests.post(f"http://{second.address}:{keeper}/var/a", data={"value": "1"}, timeout=5).text == "OK"
    assert "Hello from the local directory" in requests.get(f"http://{second.address}:{web}/", timeout=5).text


def test_build_all(reader: Desk, second_engine: SecondEngine) -> None:
    """The first command makes every image of the lab and shows them (steps 113-137)."""
    output = reader.type("make build-all")
    assert all(tag in output for tag in TAGS)
    assert tags(second_engine) >= TAGS


def test_up_and_down(reader: Desk, second_engine: SecondEngine) -> None:
    """The two services answer where the READMEs say, on other ports too, until they are stopped."""
    output = reader.type("make up", code=code(second_engine, 80, 8080))
    assert_answers(second_engine, output, 80, 8080)
    output = reader.type("make up PORT=8000 WEB_PORT=8001", code=code(second_engine, 8000, 8001))
    assert_answers(second_engine, output, 8000, 8001)
    assert "volume vars stays" in reader.type("make down")
    assert second_engine.client.containers.list(all=True) == []


def test_clean(reader: Desk, second_engine: SecondEngine) -> None:
    """Cleaning takes the lab's images away, and those that were there before stay."""
    before = tags(second_engine) - TAGS
    reader.type("make clean")
    assert tags(second_engine) == before
    assert "Error" not in reader.type("make clean BASES=1")
    assert tags(second_engine) == before


@pytest.mark.slow
def test_from_a_named_registry(reader: Desk, second_engine: SecondEngine) -> None:
    """What HUB names is where the table says the images come from; pulling from one is `test_mirror.py`'s."""
    client = second_engine.client
    for hub in ("mirror.gcr.io", "docker.io"):
        for name in LAB_BASES:
            client.images.get(_source(HUB).reference(name)).tag(_source(hub).reference(name))
    try:
        assert _rows(reader.type("make build-all HUB=mirror.gcr.io"), "mirror.gcr.io") >= TAGS
        assert _rows(reader.type("make build-all HUB=docker.io"), "Docker Hub") >= TAGS
    finally:
        reader.type("make clean")
        for hub in ("mirror.gcr.io", "docker.io"):
            for name in LAB_BASES:
                client.images.remove(_source(hub).reference(name))


@pytest.mark.slow
def test_from_stand_ins(reader: Desk, second_engine: SecondEngine, engine: DockerClient, source: Source) -> None:
    """HUB=standin takes stand-ins: those that are there, or new ones."""
    wanted = {STANDIN.reference(name): STANDIN.reference(name) for name in LAB_BASES}
    if source == STANDIN:  # to build them takes minutes; tests/labcheck/test_standins.py builds one
        second_engine.lab.bring(engine, wanted, trusted=True)
    try:
        assert _rows(reader.type("make build-all HUB=standin"), "stand-in") >= TAGS
        assert set(wanted) <= tags(second_engine)
    finally:
        second_engine.lab.give_up(set(wanted))
        reader.type("make clean BASES=1")


def _source(hub: str) -> Source:
    source = parse_hub(hub)
    assert source is not None
    return source


def _rows(output: str, source: str) -> set[str]:
    """Return the images that the table of sizes has from there."""
    return {line.split()[0] for line in output.splitlines() if f" {source} " in line}
