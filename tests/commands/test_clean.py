"""`make clean`: what is ours goes, what is anybody else's stays, also where it stands on ours."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.commands.conftest import SecondEngine

MIRROR = "127.0.0.1:5000/hub/library/"


@pytest.fixture
def built(second_engine: SecondEngine) -> Iterator[SecondEngine]:
    """The second engine with the lab's images."""
    code, output = second_engine.labcheck("build-all")
    assert code == 0, output
    yield second_engine
    second_engine.labcheck("clean")


def state(second: SecondEngine) -> dict[str, object]:
    """Return all that is on the engine: images with their tags, containers with their state, networks, volumes."""
    client = second.client
    return {
        "images": sorted((str(image.id), sorted(image.tags)) for image in client.images.list(all=True)),
        "containers": sorted((str(c.name), str(c.id), c.status) for c in client.containers.list(all=True)),
        "networks": sorted(str(network.id) for network in client.networks.list()),
        "volumes": sorted(volume.name for volume in client.volumes.list()),
    }


@pytest.mark.slow
def test_beside_foreign_things_everything_is_as_before(second_engine: SecondEngine) -> None:
    """After build-all, up, down and clean, foreign images, containers, networks and volumes are all as they were."""
    client = second_engine.client
    second_engine.labcheck("clean")
    network = client.networks.create("theirs", driver="bridge")
    volume = client.volumes.create("theirs")
    image = client.images.get(f"{MIRROR}python:3.10.6-alpine")
    image.tag("flask:1.0")
    running = client.containers.run(
        "flask:1.0", ["sleep", "600"], name="one", network="theirs", volumes=["theirs:/data"], detach=True, init=True
    )
    stopped = client.containers.create("flask:1.0", name="theirs")
    before = state(second_engine)
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        for command, settings in (
            ("build-all", {}),
            ("up", {"PORT": str(port), "WEB_PORT": str(port + 1)}),
            ("down", {"VOLUMES": "1"}),
            ("clean", {"BASES": "1"}),
        ):
            code, output = second_engine.labcheck(command, **settings)
            assert code == 0, output
        assert state(second_engine) == before
    finally:
        running.remove(force=True, v=True)
        stopped.remove(v=True)
        client.images.remove("flask:1.0")
        network.remove()
        volume.remove()


@pytest.mark.slow
def test_a_students_image_and_container_on_ours_stay(built: SecondEngine) -> None:
    """An image built FROM flask:alpine stays whole, a container started from flask:clean keeps its image."""
    client = built.client
    running = client.containers.run("flask:clean", detach=True)
    child = client.containers.create("flask:alpine").commit("student", "1")
    try:
        code, output = built.labcheck("clean")
        assert code == 0
        assert "flask:clean stays" in output
        running.reload()
        assert running.status == "running"
        assert client.images.get("flask:clean").id == running.attrs["Image"]
        assert client.containers.run("student:1", ["-c", "print(1)"], remove=True) == b"1\n"
    finally:
        for container in client.containers.list(all=True):
            container.remove(force=True, v=True)
        client.images.remove(str(child.tags[0]))
        built.labcheck("clean")
    assert not [tag for image in client.images.list() for tag in image.tags if tag.startswith("flask:")]


def test_a_name_that_was_moved_to_a_foreign_image_stays(built: SecondEngine) -> None:
    """flask:latest that somebody has given to another image is theirs now."""
    foreign = built.client.images.get(f"{MIRROR}hello-world:latest")
    foreign.tag("flask:latest")
    try:
        code, output = built.labcheck("clean")
        assert code == 0
        assert "flask:latest stays: it is somebody else's now" in output
        assert built.client.images.get("flask:latest").id == foreign.id
    finally:
        built.client.images.remove("flask:latest")


@pytest.mark.slow
def test_a_container_of_an_image_committed_from_ours_is_not_ours(built: SecondEngine) -> None:
    """Labels pass on to images and their containers: one that somebody starts from such an image stays."""
    client = built.client
    labels = {"labcheck.service": "up", "labcheck.run": "gone"}
    ours = client.containers.create("flask:alpine", name="web", labels=labels)
    copied = ours.commit("copied", "1")
    theirs = client.containers.create("copied:1", name="theirs")
    try:
        assert theirs.labels.get("labcheck.service") == "up"
        assert built.labcheck("clean")[0] == 0
        assert [container.name for container in client.containers.list(all=True)] == ["theirs"]
    finally:
        for container in client.containers.list(all=True):
            container.remove(v=True)
        client.images.remove(str(copied.tags[0]))


def test_stand_ins_go_with_bases_only(second_engine: SecondEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make clean` keeps stand-ins, which take minutes to build; BASES=1 removes those that we made."""
    monkeypatch.setenv("XDG_STATE_HOME", second_engine.environment["XDG_STATE_HOME"])
    client = second_engine.client
    image = client.images.get(f"{MIRROR}hello-world:latest")
    Record(client).tag(str(image.id), "localhost/standin/library/made:1")
    image.tag("localhost/standin/library/not-made:1")
    tags = {"localhost/standin/library/made:1", "localhost/standin/library/not-made:1"}

    def left() -> set[str]:
        return tags.intersection(tag for image in client.images.list() for tag in image.tags)

    assert second_engine.labcheck("clean")[0] == 0
    assert left() == tags
    assert second_engine.labcheck("clean", BASES="1")[0] == 0
    assert left() == {"localhost/standin/library/not-made:1"}
    client.images.remove("localhost/standin/library/not-made:1")
