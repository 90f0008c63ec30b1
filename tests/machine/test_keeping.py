"""A lab machine is kept between runs, empty but for images; one that is broken or was interrupted is not."""

from __future__ import annotations

import io
import os
import signal
import tarfile
from typing import TYPE_CHECKING

import docker.errors
import pytest

from labcheck.checks.trial import REPOSITORY
from labcheck.engine.containers import inside, put_files
from labcheck.errors import MachineError
from labcheck.machine import machine, slots
from labcheck.machine.machine import WALKTHROUGH
from tests.machine.conftest import ALPINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source
    from labcheck.machine.machine import Machine


@pytest.fixture
def _own_slots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No machine is kept yet, and those that other tests keep are left alone."""
    monkeypatch.setattr(slots, "_machines", lambda: tmp_path)


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


@pytest.mark.outside("that a base's own registry is passed on: here the bundle's index alone is")
def test_what_a_student_made_is_not_trusted(engine: DockerClient, lab: Machine, base: Callable[[str], str]) -> None:
    """An image that names a registry of its own opens no way to it, and goes when the machine is reset; a base does."""
    recipe = f"FROM {base(ALPINE)}\nRUN printf 'index-url = http://localhost/evil\\n' > /etc/pip.conf\n"
    image, _log = engine.images.build(fileobj=io.BytesIO(recipe.encode()), tag=f"{REPOSITORY}:evil", rm=True)
    mine = (lab.home / "exit" / "dnsmasq.conf").read_text()
    try:
        lab.bring(engine, {"evil/image:1": f"{REPOSITORY}:evil"}, trusted=False)
        assert lab.client.images.get("evil/image:1").id == image.id
        assert (lab.home / "exit" / "dnsmasq.conf").read_text() == mine
        lab.reset()
        assert {one.id for one in lab.client.images.list()} == set(lab.brought.values())
        lab.bring(engine, {"base:1": f"{REPOSITORY}:evil"}, trusted=True)
        assert "host-record=localhost" in (lab.home / "exit" / "dnsmasq.conf").read_text()
    finally:
        engine.images.remove(f"{REPOSITORY}:evil")
        lab.give_up({"base:1"})
    assert (lab.home / "exit" / "dnsmasq.conf").read_text() == mine


def test_an_archive_takes_no_names(
    engine: DockerClient, lab: Machine, base: Callable[[str], str], tmp_path: Path
) -> None:
    """A student's `docker save` archive that calls its image like a base leaves the base what it was."""
    recipe = f"FROM {base(ALPINE)}\nRUN echo evil > /evil\n"
    image, _log = engine.images.build(fileobj=io.BytesIO(recipe.encode()), tag=f"{REPOSITORY}:evil", rm=True)
    archive = tmp_path / "saved.tar"
    try:
        with (
            tarfile.open(fileobj=io.BytesIO(b"".join(image.save(named=True)))) as saved,
            tarfile.open(archive, "w") as to,
        ):
            for entry in saved:
                file = saved.extractfile(entry)
                content = file.read() if file else b""
                if entry.name in {"manifest.json", "repositories"}:
                    content = content.replace(f"{REPOSITORY}:evil".encode(), ALPINE.encode())
                entry.size = len(content)
                to.addfile(entry, io.BytesIO(content) if file else None)
        name = lab.load(archive)
        assert lab.client.images.get(name).id == image.id
        assert lab.client.images.get(ALPINE).id == lab.brought[ALPINE] != image.id
    finally:
        engine.images.remove(f"{REPOSITORY}:evil")
        lab.reset()


@pytest.mark.slow
@pytest.mark.usefixtures("_own_slots")
def test_taken_over(engine: DockerClient, source: Source) -> None:
    """What a run that was killed left running is the next run's, and empty."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with machine.lend(engine, source, profile=WALKTHROUGH) as lent:
            lent.client.volumes.create("data")
            os.write(writing, str(lent.container.id).encode())
            signal.pause()
    left = os.read(reading, 100).decode()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        assert engine.containers.get(left).status == "running"
        with machine.lend(engine, source, profile=WALKTHROUGH) as lent:
            assert lent.container.id == left
            assert lent.client.volumes.list() == []
    finally:
        machine.remove_all(engine)


@pytest.mark.slow
@pytest.mark.usefixtures("_own_slots")
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
    assert sorted(removed) == [str(first.container.name), str(beside.container.name)]
    assert not {container.name for container in engine.containers.list(all=True, ignore_removed=True)} & {*removed}


@pytest.mark.slow
@pytest.mark.usefixtures("_own_slots")
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
