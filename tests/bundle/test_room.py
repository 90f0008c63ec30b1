"""A bundle from this machine into a room without a network: the engine and our commands there reach nothing outside."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import zipfile
from contextlib import closing
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet

from labcheck.bundle import archive, contents, manifest
from labcheck.engine import connection
from labcheck.images import bundled
from labcheck.images.lab import CHECKOUT, LAB_IMAGES
from tests.bundle import room as rooms
from tests.check.conftest import typed
from tests.mutants import mutant as mutants
from tests.scale.conftest import await_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker.models.networks import Network

    from labcheck.images.bases import Source
    from tests.bundle.room import Room

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may cut a network off"),
]
SECONDS = 600
PACKED = {f"{contents.PACKED}:{what}" for what in (*range(100), "wheels")}  # names that are in the archive alone
HALF = 300_000_000  # bytes: wheels and checkout are written, the images not all
TAGS = [tag for image in LAB_IMAGES for tag in image.tags]
PIN = "Flask==3.1.2"  # the bundle has others
OTHER_PINS = "blinker==1.8.2\nclick==8.1.7\nFlask==3.0.3\nJinja2==3.1.4\nMarkupSafe==3.0.2\nWerkzeug==3.0.3\n"
NOT_THERE = "labcheck-there-is-no-such-package==1.0"


@pytest.fixture(scope="module")
def bundle(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A bundle for building and grading, packed on this machine, with what one student's requirements.txt asks for."""
    path = tmp_path_factory.mktemp("bundle") / "bundle.tar"
    student = path.parent / "class" / "Vera"
    student.mkdir(parents=True)
    mutants.student(student)
    (student / "requirements.txt").write_text(f"{OTHER_PINS}{NOT_THERE}\n")
    command = [sys.executable, "-m", "labcheck", "bundle", "--small", f"--out={path}", f"--class={student.parent}"]
    said = typed(command, mutants.environment(source.setting), SECONDS)
    assert said.code == 0, said.output
    assert f"{path}: " in said.flat
    assert f"No wheel is to be had for: {NOT_THERE}" in said.flat
    yield path
    path.unlink()  # pytest keeps what tests of the last runs wrote


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """An engine without a network."""
    folder = tmp_path_factory.mktemp("room")
    with rooms.opened(folder) as made:
        yield made
    shutil.rmtree(folder / "engine")


@pytest.fixture(scope="module")
def checkout(bundle: Path, room: Room, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The checkout out of the bundle, in which `make load` was typed in the room."""
    folder = tmp_path_factory.mktemp("checkout")
    with archive.reading(bundle) as (tar, made):
        part = made.part(manifest.CHECKOUT)
        assert part
        archive.verify(tar, part)
        with tarfile.open(fileobj=archive.opened(tar, part)) as files:
            files.extractall(folder)  # noqa: S202 - what we packed a moment ago
    code, output = room.run("make", "load", f"BUNDLE={bundle}", folder=folder, seconds=SECONDS)
    assert code == 0, output
    assert "No network is needed from here on" in " ".join(output.split())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def client(checkout: Path, room: Room) -> Iterator[DockerClient]:
    """A client of the room's engine, into which the bundle was loaded."""
    assert checkout.is_dir()
    with closing(room.client()) as made:
        yield made


def test_nothing_outside_is_reached_from_the_room(
    room: Room, checkout: Path, network: Network, client: DockerClient
) -> None:
    """A server on this host, reached from outside the room, is reached neither by our commands nor by containers."""
    network.reload()
    bridge = network.attrs["IPAM"]["Config"][0]["Gateway"]  # an address of this host
    with socket.create_server((bridge, 0)) as server:  # the kernel answers for it
        line = f"import socket; socket.create_connection({server.getsockname()!r}, 5); print('reached')"
        tried = f"try:\n {line}\nexcept OSError: print('cut off')"
        assert typed([sys.executable, "-c", tried], dict(os.environ), 60).output == "reached\n"
        assert room.run(f"{checkout}/.venv/bin/python", "-c", tried, folder=checkout, seconds=60)[1] == "cut off\n"
        where = bundled.source(client)
        assert where
        image = where.reference("python:3.10.6-alpine")
        assert client.containers.run(image, ["python", "-c", tried], remove=True) == b"cut off\n"


def test_wheels_fit_every_release_of_this_python(bundle: Path) -> None:
    """Packed by 3.11.7, .venv can be made by Debian's 3.11.2: no package asks for a later release than x.y.0."""
    first = "{}.{}.0".format(*sys.version_info)
    asked = {}
    with archive.reading(bundle) as (tar, made):
        part = made.part(manifest.WHEELS)
        assert part
        with tarfile.open(fileobj=archive.opened(tar, part)) as wheels:
            for name in wheels.getnames():
                file = wheels.extractfile(name)
                assert file
                with zipfile.ZipFile(io.BytesIO(file.read())) as wheel:
                    text = next(
                        entry for entry in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", entry)
                    )
                    asked[name] = message_from_bytes(wheel.read(text))["Requires-Python"] or ""
    assert len(asked) > 50
    assert not {name: asks for name, asks in asked.items() if not SpecifierSet(asks).contains(first)}


def test_packing_leaves_nothing_on_the_engine(bundle: Path, engine: DockerClient) -> None:
    """No image keeps a name that it has in the archive alone, and this machine is no room."""
    assert bundle.is_file()
    assert connection.tags_of(engine).keys() & PACKED == set()
    assert bundled.source(engine) is None


def test_a_bundle_that_is_interrupted_leaves_nothing(source: Source, engine: DockerClient, tmp_path: Path) -> None:
    """Ctrl-C while the images are written: exit code 130, no file, no name that images have in the archive alone."""
    command = ["env", "--default-signal=INT", sys.executable, "-m", "labcheck", "bundle", "--small"]
    process = subprocess.Popen(  # noqa: S603 - a command of ours
        [*command, f"--out={tmp_path / 'bundle.tar'}"],
        cwd=CHECKOUT,
        env=mutants.environment(source.setting),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    part = tmp_path / "bundle.tar.part"
    await_(lambda: process.poll() is not None or (part.exists() and part.stat().st_size > HALF), "images are written")
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 130, output
    assert "Interrupted" in output
    assert list(tmp_path.iterdir()) == []
    assert connection.tags_of(engine).keys() & PACKED == set()


def test_the_room_has_what_was_packed(bundle: Path, checkout: Path, room: Room, client: DockerClient) -> None:
    """Every image under its name, none under its packed one; .venv was made of the wheels, and pip asks them alone."""
    with archive.reading(bundle) as (_tar, made):
        names = {image.name for image in made.images}
    assert {*TAGS, bundled.IMAGE} < names
    assert set(connection.tags_of(client)) == names
    python = f"{checkout}/.venv/bin/python"
    assert room.run(python, "-m", "pip", "check", folder=checkout, seconds=60)[0] == 0
    assert "no-index" in room.run(python, "-m", "pip", "config", "list", folder=checkout, seconds=60)[1]


def test_loading_again_changes_nothing(bundle: Path, checkout: Path, room: Room, client: DockerClient) -> None:
    """The same bundle once more: the same images under the same names."""
    before = connection.tags_of(client)
    code, output = room.run(
        f"{checkout}/.venv/bin/python", "-m", "labcheck", "load", folder=checkout, seconds=SECONDS, BUNDLE=str(bundle)
    )
    assert code == 0, output
    assert connection.tags_of(client) == before


def test_build_all_builds_in_the_room(checkout: Path, room: Room, client: DockerClient) -> None:
    """`make build-all` installs from the bundle's index: new images, after which no server of ours is left."""
    before = connection.tags_of(client)
    code, output = room.run("make", "build-all", folder=checkout, seconds=SECONDS)
    assert code == 0, output
    assert "out of the bundle loaded here" in " ".join(output.split())
    after = connection.tags_of(client)
    assert all(after[tag] != before[tag] for tag in TAGS)
    assert client.containers.list(all=True) == []


def test_the_rubric_passes_in_the_room(checkout: Path, room: Room) -> None:
    """Steps 111-117 and 133-137 on the reference, in the room; pip typed in a container (134) finds the index."""
    chosen = ["test_111_requirements", "test_113_build", "test_116_run", "test_137_keeper_reference"]
    files = [f"tests/rubric/{name}.py" for name in chosen]
    code, output = room.run(
        f"{checkout}/.venv/bin/python", "-m", "pytest", "-n0", "-q", *files, folder=checkout, seconds=SECONDS
    )
    assert code == 0, output
    assert " passed" in output
    assert "skipped" not in output


def test_a_class_is_graded_in_the_room(checkout: Path, room: Room, tmp_path: Path) -> None:
    """Full marks for who pinned what the bundle has; who pinned what it lacks has no mark, and the pin is named.

    Vera's versions are in the bundle since it was packed for her class.
    """
    for name in ("Anna", "Boris", "Vera"):
        (tmp_path / "class" / name).mkdir(parents=True)
        mutants.step143(tmp_path / "class" / name)
    pins = tmp_path / "class" / "Boris" / "requirements.txt"
    text = pins.read_text()
    assert "Flask==3.1.3" in text
    pins.write_text(text.replace("Flask==3.1.3", PIN))
    (tmp_path / "class" / "Vera" / "requirements.txt").write_text(OTHER_PINS)
    code, output = room.run(
        "make",
        "check-class",
        f"CLASS={tmp_path}/class",
        f"OUT={tmp_path}/results",
        folder=checkout,
        seconds=SECONDS,
        AREAS="build,keeper",
    )
    assert code == 2, output
    results = json.loads((tmp_path / "results" / "results.json").read_text())
    anna, boris, vera = results["submissions"]
    for graded in (anna, vera):
        assert graded["ungradable"] is None, graded["ungradable"]
        assert graded["score"] == graded["max_score"], graded["checks"]
    assert f"The bundle that was loaded here has no wheel of {PIN}" in boris["ungradable"]["reason"]
    assert [check["id"] for check in boris["checks"] if check["verdict"] == "failed"] == []


def test_clean_leaves_what_cannot_be_had_again(checkout: Path, room: Room, client: DockerClient) -> None:
    """`make clean` removes the lab's images and machines, not what came with the bundle; BASES=1 removes that too."""
    code, output = room.run("make", "clean", folder=checkout, seconds=SECONDS)
    assert code == 0, output
    left = connection.tags_of(client).keys()
    assert bundled.IMAGE in left
    assert not set(TAGS) & left
    assert client.containers.list(all=True) == []
    code, output = room.run("make", "clean", folder=checkout, seconds=SECONDS, BASES="1")
    assert code == 0, output
    assert connection.tags_of(client) == {}
