"""HUB for real: a registry on 127.0.0.1, loaded with bases, from which build-all pulls all that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import inside, wait_until
from labcheck.images.bases import LAB_BASES, parse_hub
from labcheck.images.lab import LAB_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.commands.conftest import SecondEngine

ADDRESS = "127.0.0.1:5000"


@pytest.fixture(scope="module")
def registry(second_engine: SecondEngine) -> Iterator[SecondEngine]:
    """A registry on the second engine that has every base of the lab, with a path before the name and without."""
    client = second_engine.client
    container = client.containers.run(
        "127.0.0.1:5000/hub/library/registry:2", ports={"5000/tcp": ("127.0.0.1", 5000)}, detach=True
    )
    small = client.images.get("127.0.0.1:5000/hub/library/python:3.10.6-alpine")
    wait_until(container, lambda: inside(container, "grep", "-q", ":1388", "/proc/net/tcp6")[0] == 0, "it listens")
    for hub in (ADDRESS, f"{ADDRESS}/class/room"):
        for name in LAB_BASES:
            reference = parse_hub(hub).reference(name)  # type: ignore[union-attr]
            small.tag(reference)
            answer = client.images.push(reference)
            assert '"error"' not in answer
            client.images.remove(reference)
    yield second_engine
    container.remove(force=True, v=True)


@pytest.mark.parametrize("hub", [pytest.param(ADDRESS, marks=pytest.mark.slow), f"{ADDRESS}/class/room"])
def test_build_all_pulls_through_a_mirror(registry: SecondEngine, hub: str) -> None:
    """With HUB=127.0.0.1:5000, with or without a path, bases are pulled from there and no official name appears."""
    source = parse_hub(hub)
    assert source is not None
    references = [source.reference(name) for name in LAB_BASES]
    try:
        code, output = registry.labcheck("build-all", HUB=hub)
        assert code == 0, output
        tags = {tag for image in registry.client.images.list() for tag in image.tags}
        assert tags.issuperset(references)
        assert not tags.intersection(LAB_BASES)
        assert tags.issuperset(tag for image in LAB_IMAGES for tag in image.tags)
    finally:
        registry.labcheck("clean")
        for reference in references:
            registry.client.images.remove(reference)


def test_a_mirror_without_the_image_is_named(registry: SecondEngine) -> None:
    """A registry that lacks a base is an error that names both; nothing is built."""
    code, output = registry.labcheck("build-all", HUB=f"{ADDRESS}/empty")
    assert code == 2
    assert "127.0.0.1:5000/empty does not have" in " ".join(output.split())
    assert "Traceback" not in output


def test_a_mirror_out_of_reach_is_named(second_engine: SecondEngine) -> None:
    """A registry that does not answer is an error that names it and what else to set HUB to."""
    code, output = second_engine.labcheck("build-all", HUB="127.0.0.1:1")
    assert code == 2
    assert "127.0.0.1:1 is out of reach" in " ".join(output.split())
    assert "HUB=standin" in output
