"""What is packed: the same layers, marked as coming out of a bundle; and what a class asks for."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, NoReturn

import pytest

from labcheck.bundle import contents, pack, pins, wheels
from labcheck.bundle.contents import Item
from labcheck.checks import diagnosis
from labcheck.checks.verdicts import UngradableError
from labcheck.engine import host
from labcheck.engine.connection import tags_of
from labcheck.errors import BuildError, LabcheckError
from labcheck.images import bases, build, bundled, standins, toolimages
from labcheck.images import lab as images
from labcheck.images.lab import LAB_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

ALPINE = "python:3.10.6-alpine"
NAME = "localhost/labcheck/marked:latest"


@pytest.fixture
def packed(engine: DockerClient, source: Source, record: Record) -> Iterator[str]:
    """The alpine base as it is in an archive, under the name that it is to have."""
    image = contents.pack(record, Item(source.reference(ALPINE), NAME), 999, lambda _line: None)
    record.tag(str(engine.images.get(image.packed).id), NAME)
    yield NAME
    for tag in record.tags():
        record.untag(tag)


@pytest.mark.outside("what packing adds to a base: here it was added before")
def test_a_packed_base_is_the_same_but_for_what_it_says(engine: DockerClient, source: Source, packed: str) -> None:
    """Layers, and so the sizes of the report, are the original's; pip is led to the index; CMD is as it was."""
    theirs, ours = engine.images.get(source.reference(ALPINE)).attrs, engine.images.get(packed).attrs
    assert ours["RootFS"]["Layers"] == theirs["RootFS"]["Layers"]
    assert ours["Config"]["Cmd"] == theirs["Config"]["Cmd"]
    assert set(ours["Config"]["Env"]) - set(theirs["Config"]["Env"]) == {
        "PIP_NO_INDEX=1",
        "PIP_FIND_LINKS=http://wheels.labcheck.internal:8000/",
        "PIP_TRUSTED_HOST=wheels.labcheck.internal",
    }
    assert bundled.is_bundled(engine, packed)
    assert bundled.is_asked(engine, [packed])
    assert not bundled.is_asked(engine, [source.reference(ALPINE), "localhost/there-is/none:such"])


def test_a_child_of_a_packed_image_is_not_out_of_a_bundle(engine: DockerClient, record: Record, packed: str) -> None:
    """Labels pass on to what is built on it: only the name that it came with counts."""
    child = "localhost/labcheck/child-of-marked:latest"
    recipe = io.BytesIO(f"FROM {packed}\nLABEL a=b\n".encode())
    record.tag(str(engine.images.build(fileobj=recipe, rm=True)[0].id), child)
    assert bundled.LABEL in engine.images.get(child).labels
    assert not bundled.is_bundled(engine, child)
    assert bundled.is_asked(engine, [child])


def test_an_index_that_is_gone_is_said(
    engine: DockerClient, record: Record, packed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build on a base out of a bundle, whose index somebody removed, says what brings it back."""
    bundled.stop(engine)
    monkeypatch.setattr(bundled, "IMAGE", "localhost/labcheck-test/gone:latest")
    with pytest.raises(LabcheckError, match="index of packages is gone: make load BUNDLE=FILE"):
        build.build(record, tmp_path, f"FROM {packed}\n", tags=["a:b"], labels={}, say=lambda _line: None)


def test_a_tool_out_of_a_bundle_is_not_built_again(
    engine: DockerClient, source: Source, packed: str, tmp_path: Path
) -> None:
    """Its recipe may need a network, which the room has not: here one that cannot be built at all."""
    recipe = tmp_path / "marked"
    recipe.mkdir()
    (recipe / "Dockerfile").write_text(f"FROM {ALPINE}\nRUN false\n")
    assert toolimages.ensure(engine, source, recipe) == packed
    recipe = recipe.rename(tmp_path / "unmarked")
    with pytest.raises(LabcheckError):
        toolimages.ensure(engine, source, recipe)


def test_a_stand_in_out_of_a_bundle_is_current(
    engine: DockerClient, source: Source, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its recipe's digest takes in this machine's mirrors and certificates: in the room they are others, or none."""
    (tmp_path / "Dockerfile").write_text("# stand-in for: room-test:1\nFROM scratch\n")
    recipe = standins.Recipe(("room-test:1",), tmp_path / "Dockerfile")
    name, original = bases.STANDIN.reference("room-test:1"), engine.images.get(source.reference("hello-world"))
    try:
        record.tag(str(original.id), name)
        assert not recipe.is_current(engine)
        packed = contents.pack(record, Item(name, name), 997, lambda _line: None).packed
        record.tag(str(engine.images.get(packed).id), name)
        monkeypatch.setattr(host, "debian_mirrors", _no_mirror)
        assert standins.Recipe(("room-test:1",), tmp_path / "root.sh").is_current(engine)
    finally:
        for tag in record.tags():
            record.untag(tag)


def _no_mirror() -> NoReturn:
    message = "this machine's apt knows no mirror of Debian"
    raise LabcheckError(message)


@pytest.mark.outside("an engine without a bundle")
def test_an_engine_without_a_bundle_is_as_it_was(engine: DockerClient, source: Source) -> None:
    """Where none was loaded, bases come from where they came from, and builds are told of no other host."""
    assert bundled.source(engine) is None
    assert bundled.hosts_for(engine, [source.reference(ALPINE)]) == {}
    assert bundled.serving() is None


def test_real_bases_get_no_official_name() -> None:
    """Docker Hub's images are loaded under a name that no registry has; stand-ins and the lab's images under theirs."""
    real = {item.reference: item.name for item in contents.items(bases.HUB, [], small=True)}
    assert real["python:3.10.6"] == "localhost/bundle/library/python:3.10.6"
    assert real["flask:clean"] == "flask:clean"
    assert {tag for image in LAB_IMAGES for tag in image.tags} < real.keys()
    standin = contents.items(bases.STANDIN, [], small=False)
    assert all(item.name == item.reference for item in standin)
    assert {*bases.LAB_BASES, "mysql:latest"} == set(contents.base_names(bases.STANDIN, small=True))
    assert bases.parse_hub(bundled.LOADED.setting) == bundled.LOADED


def test_a_layer_of_several_images_counts_once(engine: DockerClient, source: Source, record: Record) -> None:
    """The room for two images, one built on the other, is that of the greater one."""
    base, child = source.reference("python:3.10.6-alpine"), "flask:alpine"
    assert base in tags_of(engine)
    alone = contents.bytes_of(record, [child])
    assert contents.bytes_of(record, [base, child]) == alone > contents.bytes_of(record, [base])


def test_what_a_class_pins_is_gathered(tmp_path: Path) -> None:
    """Names and versions of every student's requirements.txt, once each; addresses, options, Ubuntu's own are not."""
    for name, text in {
        "Anna": "Flask==2.2.2\nclick==8.1.7\n",
        "Boris": "flask==2.2.2\n-i http://evil.invalid/\nx @ http://evil.invalid/x.whl\npython-apt==2.4.0\n",
        "Vera": b"\xff\xfe\x00".decode("latin-1"),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(text, encoding="latin-1")
        (tmp_path / name / "Dockerfile").write_text("FROM python:3.10.6-alpine\nRUN pip install -r requirements.txt\n")
    assert pins.of_class(tmp_path) == ["Flask==2.2.2", "click==8.1.7", "flask==2.2.2"]


def failed(package: str) -> BuildError:
    """Return pip's refusal of a requirement."""
    reason = "The command '/bin/sh -c pip install -r requirements.txt' returned a non-zero code: 1"
    return BuildError(reason, reason, f"Looking in links\nERROR: No matching distribution found for {package}\n")


def test_a_pin_that_the_bundle_lacks_is_ungradable() -> None:
    """It is named, and what to do; where pip's index was asked the same is the student's."""
    with pytest.raises(UngradableError, match=r"has no wheel of Flask==1\.0.*make bundle CLASS="):
        diagnosis.explain(failed("Flask==1.0"), stand_in=False, bundle=True)
    assert "Flask==1.0" in diagnosis.explain(failed("Flask==1.0"), stand_in=False).hint


@pytest.mark.parametrize("package", ["pkg-resources==0.0.0", "pkg_resources==0.0.0", "python-apt==2.4.0"])
def test_what_no_index_has_is_the_students_in_the_room_too(package: str) -> None:
    """Lab step 111: pip freeze outside the environment, or of an old pip."""
    assert diagnosis.explain(failed(package), stand_in=False, bundle=True).hint


@pytest.mark.parametrize(
    "said",
    [
        "Err:1 http://mirror.invalid/debian bookworm InRelease\n  Could not resolve 'mirror.invalid'",
        "Temporary failure resolving 'mirror.invalid'",
        "WARNING: fetching http://mirror.invalid/alpine/v3.16/main: DNS lookup error",
    ],
)
def test_packages_of_debian_and_alpine_are_out_of_reach_in_the_room(said: str) -> None:
    """Apt and apk find no registry: ungradable there; elsewhere a name that nobody knows may be the student's slip."""
    error = BuildError("code: 100", "code: 100", said)
    with pytest.raises(UngradableError, match="out of reach"):
        diagnosis.explain(error, stand_in=False, bundle=True)
    if "resolving" not in said:
        assert diagnosis.explain(error, stand_in=False, bundle=False)


def test_the_checkout_is_packed_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git knows, and new files beside that; not what it ignores, nor a class that lies in the checkout."""
    for name in ("kept/old", "kept/new", "kept/junk.pyc", "class/Anna/app.py", "gone"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    for command in (["init", "--quiet"], ["add", "kept/old", "gone", ".gitignore"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)  # noqa: S603, S607 - fixed words
    (tmp_path / "gone").unlink()
    monkeypatch.setattr(images, "CHECKOUT", tmp_path)
    assert pack.files_of_checkout() == [".gitignore", "kept/new", "kept/old"]
    monkeypatch.setattr(images, "CHECKOUT", tmp_path / "kept" / "nowhere")
    assert pack.files_of_checkout() == []


def test_the_recipe_of_the_index_is_whole() -> None:
    """What its Dockerfile copies is there, and what it prints of a lacking wheel is what is read."""
    assert wheels.LACKING in (wheels.RECIPE / "collect.sh").read_text()
    assert build.base_names(build.read(wheels.RECIPE / "Dockerfile")) == ["python:3.10.6", ALPINE]
