"""The index: what is built on a base out of a bundle installs from it, and from nowhere else."""

from __future__ import annotations

import uuid
import zipfile
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck.bundle import contents
from labcheck.bundle.contents import Item
from labcheck.checks.testbed import LabContainer
from labcheck.engine import ownership
from labcheck.errors import BuildError, LabcheckError
from labcheck.images import bases, build, bundled
from labcheck.images import lab as images
from labcheck.machine import exits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

BASE = "localhost/labcheck/room-python:latest"
METADATA = {
    "METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "RECORD": "",
}


@pytest.fixture
def room(
    engine: DockerClient, source: Source, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An engine into which a bundle of a real base, and of one wheel, was loaded; for this test alone it is a room."""
    with zipfile.ZipFile(tmp_path / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "")
        for name, text in METADATA.items():
            wheel.writestr(f"tiny-1.0.dist-info/{name}", text)
    alpine = source.reference("python:3.10.6-alpine")
    recipe = build.read(images.CHECKOUT / "labcheck" / "bundle" / "index" / "Dockerfile")
    server = recipe[recipe.rindex("FROM ") :].partition("COPY")[0] + "COPY *.whl /wheels/\n"
    server += recipe[recipe.rindex("USER ") :]
    tag = f"localhost/labcheck/room-wheels:{uuid.uuid4().hex[:12]}"
    text = build.with_bases(server, source.reference)
    build.build(record, tmp_path, text, tags=[tag], labels={bundled.KIND_LABEL: "mirror"}, say=lambda _line: None)
    monkeypatch.setattr(bundled, "IMAGE", tag)
    packed = contents.pack(record, Item(alpine, BASE), 998, lambda _line: None)
    record.tag(str(engine.images.get(packed.packed).id), BASE)
    bundled.stop(engine)  # where this engine has a bundle's index, a test before may have had it served
    yield BASE
    bundled.stop(engine)
    for tag in record.tags():
        record.untag(tag)


def built(record: Record, folder: Path, command: str) -> None:
    """Build an image on the base, with a command, as a student's Dockerfile is built."""
    text = f"FROM {BASE}\nRUN {command}\n"
    tag = "localhost/labcheck/room-child:latest"
    build.build(record, folder, text, tags=[tag], labels={}, say=lambda _line: None)


def test_a_build_installs_from_the_index_alone(engine: DockerClient, record: Record, room: str, tmp_path: Path) -> None:
    """Step 113's RUN pip install: what the index has is installed, what only the world has is not, and is named."""
    built(record, tmp_path, "pip install --no-cache-dir tiny==1.0 && python -c 'import tiny'")
    with pytest.raises(BuildError) as caught:
        built(record, tmp_path, "pip install --no-cache-dir blinker==1.9.0")
    assert "No matching distribution found for blinker==1.9.0" in caught.value.log
    with LabContainer(room, entrypoint=["tail"], command=["-f", "/dev/null"]) as container:  # step 134
        assert container.inside("pip", "install", "--no-cache-dir", "tiny")[0] == 0
    servers = engine.containers.list(filters={"ancestor": bundled.IMAGE})
    assert [server.labels[ownership.RUN] for server in servers] == [ownership.run_id()]
    bundled.stop(engine)
    assert engine.containers.list(all=True, filters={"ancestor": bundled.IMAGE}) == []


def test_bases_come_from_the_bundle_unless_told_otherwise(engine: DockerClient, record: Record, room: str) -> None:
    """Without HUB the bundle's names are taken; HUB says otherwise; what it lacks is said, and not pulled or built."""
    assert room
    assert images.choose_source(engine, "", Console(quiet=True)) == bundled.LOADED
    assert images.choose_source(engine, "standin", Console(quiet=True)) == bases.STANDIN
    with pytest.raises(LabcheckError, match=r"bundle that was loaded here has no python:3\.12"):
        images.have_bases(record, bundled.LOADED, Console(quiet=True), ["python:3.12"])


def test_a_lab_machines_exit_leads_to_the_index_alone(engine: DockerClient, room: str, tmp_path: Path) -> None:
    """While it is served, the machine knows the index's name and no other."""
    assert room
    before = exits.registries(["http://mirror.invalid/"])
    where = bundled.address(engine)
    assert (
        exits.registries(["http://mirror.invalid/"]) == [exits.Registry("http", bundled.HOST, bundled.PORT)] != before
    )
    exits.write(tmp_path / "exit", exits.registries())
    assert f"server s0 {where}:{bundled.PORT}" in (tmp_path / "exit" / "haproxy.cfg").read_text()
    names = (tmp_path / "exit" / "dnsmasq.conf").read_text()
    assert [line for line in names.splitlines() if line.startswith("host-record=")] == [
        f"host-record={bundled.HOST},{exits.ADDRESS}"
    ]
