"""Recipes of stand-ins: found, in order, and made again only when something that they depend on has changed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from labcheck.engine import host
from labcheck.engine.record import Record
from labcheck.errors import LabcheckError
from labcheck.images import standins
from labcheck.images.bases import LAB_BASES, STANDIN
from labcheck.images.standins import RECIPE_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the recipes that a test may change."""
    copy = tmp_path / "standins"
    shutil.copytree(standins.DIRECTORY, copy)
    monkeypatch.setattr(standins, "DIRECTORY", copy)
    standins.all_recipes.cache_clear()
    yield copy
    standins.all_recipes.cache_clear()


def digests() -> dict[str, str]:
    """Return the digest of each stand-in by name, computed afresh."""
    standins.all_recipes.cache_clear()
    return {name: recipe.digest for recipe in standins.all_recipes() for name in recipe.names}


def test_every_base_of_the_lab_has_a_recipe_that_says_its_peak() -> None:
    """Where no registry is in reach, nothing of the lab is missing, and the room it takes is known before."""
    for name in LAB_BASES:
        assert standins.find(name).peak_mb > 0, name


def test_an_unknown_name_is_an_error() -> None:
    """A base without a recipe is named."""
    with pytest.raises(LabcheckError, match=r"no stand-in for redis:7"):
        standins.find("redis:7")


@pytest.mark.usefixtures("recipes")
def test_a_change_reaches_what_is_built_on_it_and_nothing_else(recipes: Path) -> None:
    """A change of a file alters the digests of its stand-in and of those built on it, of no other."""
    before = digests()
    with (recipes / "python-slim" / "Dockerfile").open("a") as file:
        file.write("# changed\n")
    after = digests()
    assert {name for name in before if before[name] != after[name]} == {"python:3.10.6-slim", "python:3.10.6"}


def test_this_hosts_mirrors_and_certificates_are_part_of_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stand-in takes over from this host counts as recipe: another mirror or authority means another base."""
    before = digests()
    monkeypatch.setattr(host, "local_certificates_digest", lambda: "another")
    after = digests()
    standins.all_recipes.cache_clear()
    assert not [name for name in before if before[name] == after[name]]


@pytest.mark.outside("that stand-ins have this machine's recipe: it takes in the mirrors of whoever packed them")
def test_stand_ins_carry_their_recipe_and_say_what_they_are(engine: DockerClient, source: Source) -> None:
    """Each stand-in is labelled with the recipe it was made by, the present one, and what it stands for."""
    if source != STANDIN:
        pytest.skip(f"bases came from {source}: there is no stand-in whose labels could be checked")
    for name in LAB_BASES:
        labels = engine.images.get(source.reference(name)).labels
        assert labels[RECIPE_LABEL] == standins.find(name).digest
        assert labels["standin"] == "true"
        assert name in labels["standin.for"].split()


def test_a_recipe_without_its_first_line_is_named(recipes: Path) -> None:
    """A folder that does not say what it stands for is an error with the line that is missing."""
    (recipes / "odd").mkdir()
    (recipes / "odd" / "Dockerfile").write_text("FROM debian:12\n")
    standins.all_recipes.cache_clear()
    with pytest.raises(LabcheckError, match=r"# stand-in for: NAME:TAG"):
        standins.all_recipes()


def test_a_package_mirror_out_of_reach_is_named(engine: DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that cannot be fetched fails with a sentence that names the mirror, and no image is tagged."""
    monkeypatch.setattr(host, "debian_mirrors", lambda: host.Mirrors("http://127.0.0.1:1/debian", ""))
    recipe = standins.find("debian:12")
    before = Record(engine).current_id(STANDIN.reference("debian:12"))
    with pytest.raises(LabcheckError, match=r"Check the network and the mirror http://127\.0\.0\.1:1/debian"):
        recipe.make(Record(engine), lambda _line: None)
    assert Record(engine).current_id(STANDIN.reference("debian:12")) == before
