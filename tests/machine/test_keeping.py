"""A lab machine is kept between runs, empty but for images; one that is broken or was interrupted is not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import docker.errors
import pytest

from labcheck import machine
from labcheck.containers import inside, put_files
from labcheck.errors import MachineError
from labcheck.machine import WALKTHROUGH
from tests.machine.conftest import ALPINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from labcheck.bases import Source
    from labcheck.machine import Machine


def test_reset(lab: Machine) -> None:
    """Nothing of one submission is there for the next: no container, volume, network or image, no name moved."""
    client = lab.client
    client.containers.run(ALPINE, ["sleep", "600"], detach=True, volumes=["data:/data"], network_mode="none")
    client.networks.create("sky_net")
    client.images.build(fileobj=io.BytesIO(f"FROM {ALPINE}\nRUN true\nRUN true\n".encode()), tag=ALPINE)
    built = client.images.get(ALPINE).id
    lab.reset()
    assert client.containers.list(all=True) == client.volumes.list() == []
    assert {network.name for network in client.networks.list()} == {"bridge", "host", "none"}
    assert client.images.get(ALPINE).id == lab.brought[ALPINE] != built
    assert {image.id for image in client.images.list(all=True)} == set(lab.brought.values())


@pytest.mark.slow
def test_kept(engine: DockerClient, source: Source, base: Callable[[str], str]) -> None:
    """Between runs it is stopped; the next run has the same one, with its images. A broken one is made anew."""
    try:
        with machine.lend(engine, source, profile=WALKTHROUGH) as first:
            first.bring(engine, {ALPINE: base(ALPINE)}, trusted=True)
            assert inside(first.container, "docker", "run", "--rm", "--network=host", ALPINE, "true") == (0, "")
        kept = engine.containers.get(str(first.container.name))
        assert kept.status == "exited"
        with machine.lend(engine, source, profile=WALKTHROUGH) as again:
            assert again.container.id == kept.id
            assert again.client.images.get(ALPINE).id == first.brought[ALPINE]
            with machine.lend(engine, source, profile=WALKTHROUGH) as beside:
                assert beside.container.id != kept.id
        put_files(kept, "/", {"disk": b"no disk"})
        with machine.lend(engine, source, profile=WALKTHROUGH) as anew:
            assert anew.container.id != kept.id
            assert anew.brought == {}
            assert anew.client.images.list() == []
    finally:
        removed = machine.remove_all(engine)
    assert str(first.container.name) in removed
    assert not engine.containers.list(all=True, filters={"name": f"labcheck-machine-{WALKTHROUGH}"})


@pytest.mark.slow
def test_interrupted(engine: DockerClient, source: Source) -> None:
    """After Ctrl-C nobody knows what is in it: it is gone."""
    with pytest.raises(KeyboardInterrupt), machine.lend(engine, source, profile=WALKTHROUGH) as lent:
        raise KeyboardInterrupt
    with pytest.raises(docker.errors.NotFound):
        engine.containers.get(str(lent.container.name))


def test_needs_an_engine_here(engine: DockerClient, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an engine that is elsewhere there is no lab machine; what is left to do is said."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    with pytest.raises(MachineError, match=r"elsewhere: tcp://.*ENGINE=host"), machine.lend(engine, source):
        pass
