"""The archive: whole or not at all, and every byte of it is what was packed."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from labcheck.bundle import archive, manifest
from labcheck.errors import LabcheckError
from tests.bundle.conftest import about, rewritten

if TYPE_CHECKING:
    from pathlib import Path

CHUNKS = [b"x" * 700, b"", b"y" * 1000]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with two parts."""
    path = tmp_path / "bundle.tar"
    with archive.writing(path) as writer:
        parts = (writer.add("one", CHUNKS), writer.add("two", [b"z" * 512]))
        writer.finish(about(parts=parts))
    return path


def damage(path: Path, part: str) -> None:
    """Change one byte in the middle of a part."""
    with tarfile.open(path) as tar:
        entry = tar.getmember(part)
    with path.open("r+b") as file:
        file.seek(entry.offset_data + entry.size // 2)
        file.write(b"!")


def test_a_bundle_is_a_plain_tar_that_says_what_is_in_it(bundle: Path) -> None:
    """What was written in pieces comes back whole, by tar(1)'s own rules, and the manifest comes last."""
    with tarfile.open(bundle) as tar:
        assert tar.getnames() == ["one", "two", manifest.NAME]
        one = tar.extractfile("one")
        assert one
        assert one.read() == b"".join(CHUNKS)
    with archive.reading(bundle) as (tar, made):
        assert [part.bytes for part in made.parts] == [1700, 512]
        assert made.part("two") == made.parts[1]
        assert made.part("three") is None
        assert made.recipes == about().recipes
        for part in made.parts:
            archive.verify(tar, part)


@pytest.mark.parametrize("part", ["one", "two"])
def test_a_byte_that_changed_is_noticed(bundle: Path, part: str) -> None:
    """One byte of a part is enough, and the part is named; the other part is right still."""
    damage(bundle, part)
    with archive.reading(bundle) as (tar, made):
        for known in made.parts:
            if known.name == part:
                with pytest.raises(LabcheckError, match=f"damaged: {part} is not what was packed"):
                    archive.verify(tar, known)
            else:
                archive.verify(tar, known)


@pytest.mark.parametrize("where", [None, "one", "two", manifest.NAME])
def test_an_archive_that_was_cut_off_is_no_bundle(bundle: Path, where: str | None) -> None:
    """A copy that broke off, in any member or before the first, is refused in one sentence."""
    with tarfile.open(bundle) as tar:
        end = tar.getmember(where).offset_data + 10 if where else 100
    bundle.write_bytes(bundle.read_bytes()[:end])
    with pytest.raises(LabcheckError, match="is no bundle, or not the whole of one"), archive.reading(bundle):
        pass


def test_another_format_is_refused(bundle: Path) -> None:
    """A bundle of a later project names both formats and says what to use instead."""
    rewritten(bundle, format=2)
    with (
        pytest.raises(LabcheckError, match="format 2, and this project reads format 1: take the checkout"),
        archive.reading(bundle),
    ):
        pass


@pytest.mark.parametrize("changes", [{"parts": [{"name": "one"}]}, {"images": 5}, {"surprise": 1}])
def test_a_manifest_of_another_shape_is_refused(bundle: Path, changes: dict[str, object]) -> None:
    """What make bundle never writes is said, not tripped over."""
    rewritten(bundle, **changes)
    with pytest.raises(LabcheckError, match="is not what make bundle writes"), archive.reading(bundle):
        pass


@pytest.mark.parametrize("error", [LabcheckError("no"), KeyboardInterrupt()])
def test_nothing_half_written_stays(tmp_path: Path, error: BaseException) -> None:
    """A bundle that is not finished leaves no file, and the older one of that name as it was."""
    path = tmp_path / "bundle.tar"
    path.write_bytes(b"older")

    def breaks_off() -> None:
        with archive.writing(path) as writer:
            writer.add("one", CHUNKS)
            raise error

    with pytest.raises(type(error)):
        breaks_off()
    assert path.read_bytes() == b"older"
    assert [file.name for file in tmp_path.iterdir()] == ["bundle.tar"]


def test_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with (
        pytest.raises(LabcheckError, match=r"bundle\.tar cannot be written"),
        archive.writing(tmp_path / "no" / "bundle.tar"),
    ):
        pass


@pytest.mark.parametrize("theirs", ["cpython 3.9 linux x86_64", "pypy 3.11 linux x86_64"])
def test_wheels_for_another_python_are_refused(theirs: str) -> None:
    """Both interpreters are named, with what to type."""
    with pytest.raises(LabcheckError, match=f"packages are for {theirs}, and this is .*make load PYTHON="):
        manifest.refuse_other_python(about(python=theirs))
    manifest.refuse_other_python(about())


def test_images_for_another_processor_are_refused() -> None:
    """An arm64 bundle is not loaded into an amd64 engine."""
    with pytest.raises(LabcheckError, match="images are for arm64, and this engine is amd64"):
        manifest.refuse_other_architecture(about(architecture="arm64"), "amd64")
    manifest.refuse_other_architecture(about(), "amd64")
