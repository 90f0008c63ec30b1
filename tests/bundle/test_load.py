"""Loading: each image under its name, nothing of anybody's touched, nothing half loaded."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from labcheck.engine import connection
from tests.bundle.conftest import rewritten
from tests.bundle.test_archive import damage
from tests.check.conftest import LIMIT_SECONDS, typed
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source
    from tests.bundle.conftest import SmallBundle
    from tests.check.conftest import Said


def load(bundle: Path, *, force: bool = False) -> Said:
    """Type `labcheck load`: a process of its own, since one whose task failed is at its end."""
    command = [sys.executable, "-m", "labcheck", "load", f"--bundle={bundle}", *(["--force"] if force else [])]
    return typed(command, mutants.environment(""), LIMIT_SECONDS)


def loaded(engine: DockerClient, bundle: SmallBundle) -> set[str]:
    """Return which of the bundle's names the engine has."""
    return {bundle.name, bundle.packed} & connection.tags_of(engine).keys()


def test_an_image_comes_under_its_name_and_is_recorded(
    engine: DockerClient, record: Record, small_bundle: SmallBundle, source: Source
) -> None:
    """After loading, twice too, the engine has the image under its name alone, and clean knows it as ours."""
    for _time in range(2):
        said = load(small_bundle.path)
        assert said.code == 0, said.output
        assert loaded(engine, small_bundle) == {small_bundle.name}
        assert record.tags()[small_bundle.name] == engine.images.get(source.reference("hello-world")).id
        assert not record.is_foreign(small_bundle.name)


def test_somebodys_name_is_not_taken(engine: DockerClient, small_bundle: SmallBundle, source: Source) -> None:
    """A foreign image of that name stops the loading before it begins; FORCE=1 moves the name."""
    foreign = engine.images.get(source.reference("python:3.10.6-alpine"))
    foreign.tag(small_bundle.name)
    said = load(small_bundle.path)
    assert (said.code, said.flat.partition("and it is not ours")[1]) == (2, "and it is not ours")
    assert small_bundle.name in said.flat
    assert engine.images.get(small_bundle.name).id == foreign.id
    assert load(small_bundle.path, force=True).code == 0
    assert engine.images.get(small_bundle.name).id != foreign.id


def test_what_is_damaged_is_not_loaded(engine: DockerClient, small_bundle: SmallBundle) -> None:
    """A byte of the images that changed on the way: no image is loaded."""
    damage(small_bundle.path, "images.tar")
    said = load(small_bundle.path)
    assert said.code == 2
    assert "damaged: images.tar" in said.flat
    assert loaded(engine, small_bundle) == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "s390x"}, "images are for s390x"),
        ({"recipes": {"standins": "another"}}, r"packed by another version .*other: standins"),
        ({"image_bytes": 10**18}, "Too little disk space"),
    ],
)
def test_what_does_not_fit_is_not_loaded(
    engine: DockerClient, small_bundle: SmallBundle, changes: dict[str, object], message: str
) -> None:
    """Another processor, other recipes than the checkout's, a full disk: each is a sentence, and nothing is loaded."""
    rewritten(small_bundle.path, **changes)
    said = load(small_bundle.path)
    assert said.code == 2
    assert re.search(message, said.flat)
    assert loaded(engine, small_bundle) == set()


def test_an_image_that_is_missing_leaves_nothing_behind(engine: DockerClient, small_bundle: SmallBundle) -> None:
    """Where the archive lacks what the manifest promises, what did come is taken off again."""
    more = {"packed": f"{small_bundle.packed}-more", "name": f"{small_bundle.name}-more", "bytes": 1}
    known = {"packed": small_bundle.packed, "name": small_bundle.name, "bytes": 1}
    rewritten(small_bundle.path, images=[more, known])
    said = load(small_bundle.path)
    assert said.code == 2
    assert f"has no image {more['name']}" in said.flat
    assert loaded(engine, small_bundle) == set()


def test_what_is_no_bundle_is_said(tmp_path: Path) -> None:
    """A folder, a file that is not there, and one of something else: a sentence each, exit code 2."""
    other = tmp_path / "other"
    other.write_text("no archive\n")
    for path in (tmp_path, tmp_path / "nothing", other):
        said = load(path)
        assert said.code == 2
        assert "Error:" in said.flat
