"""The READMEs' commands that take little and leave the engine as it is, typed by a reader."""

from __future__ import annotations

import re
import shutil
import tarfile
from typing import TYPE_CHECKING

import pytest

from labcheck.grading.fetch import IMAGE
from labcheck.images.lab import CHECKOUT
from tests.labcheck.conftest import NAME
from tests.mutants import mutant as mutants
from tests.readme import desk
from tests.readme.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source

FAILURE = 2  # make's own, whatever fails


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for a desk."""
    (tmp_path / "desk").mkdir()
    return tmp_path / "desk"


@pytest.fixture
def reader(folder: Path, source: Source) -> Desk:
    """A reader at this host."""
    return desk.lay_out(folder, desk.shell(HUB=source.setting))


def test_make_alone(reader: Desk) -> None:
    """`make` prints the targets that the READMEs name."""
    output = reader.type("make")
    for target in ("build-all", "test", "up", "down", "doctor", "check", "check-class", "diff", "walkthrough", "clean"):
        assert f"make {target} " in output


def test_doctor(reader: Desk) -> None:
    """The doctor looks at the engine and at whatever else the lab needs, and ends as what it found has it."""
    output = reader.type("make doctor", code=None)
    counted = re.search(r"^(\d+) wrong, \d+ to look at, \d+ all right$", output, re.MULTILINE)
    assert counted, output
    assert re.search(r"^\w+ +engine +Docker Engine ", output, re.MULTILINE)
    assert ("make: ***" in output) == (counted[1] != "0")


def test_tests(source: Source) -> None:
    """`make test` is all but what takes long, `make test-slow` the rest; both build what they test before."""
    reader = desk.at_checkout(desk.shell(HUB=source.setting))
    # what they would run, for this is one of those: to run them in it would not end
    reader.environment["PYTEST_ADDOPTS"] = "--collect-only -q -n0"
    quick, slow = _collected(reader.type("make test")), _collected(reader.type("make test-slow"))
    folder = "tests/rubric/"
    assert "tests/labcheck/test_readme.py::test_tests" in quick
    assert "tests/check/test_readme.py::test_check" in slow
    assert any(name.startswith(folder) for name in quick)
    assert not quick & slow


def _collected(output: str) -> set[str]:
    """Return the tests that pytest lists; `make` has built everything by then."""
    assert "var_keeper:latest" in output
    return set(re.findall(r"^tests/\S+\.py::\S.*$", output, re.MULTILINE))


def test_diff(reader: Desk) -> None:
    """The app that listens on 127.0.0.1 is told from the reference (step 108), whatever else is the same."""
    output = reader.type("make diff SUBMISSION=../works/ivanov", code=FAILURE)
    assert re.search(r"^✗ app\.py +differs +108 ", output, re.MULTILINE)
    assert re.search(r"^= requirements +same ", output, re.MULTILINE)


def test_collect(folder: Path) -> None:
    """What a student gathers at home is one archive there, with the files of steps 108-123."""
    (folder / "tutorial" / "flask").mkdir(parents=True)
    mutants.student(folder / "tutorial" / "flask")
    shutil.copy(CHECKOUT / "collect.sh", folder)
    reader = Desk(folder, desk.shell(HOME=str(folder)))
    reader.type("sh collect.sh")
    (archive,) = folder.glob("docker-lab-*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert names >= {"flask/Dockerfile", "flask/.dockerignore", "flask/requirements.txt", "flask/app.py"}


def test_fetch(folder: Path, registry: Source) -> None:
    """The image that a report of the class names lies in the folder to be graded elsewhere."""
    reader = desk.lay_out(folder, desk.shell(HUB=registry.setting))
    (folder / "works" / "petrova" / "report.md").write_text(f"docker pull {NAME}\n", encoding="utf-8")
    reader.type("make fetch CLASS=../works OUT=../archives")
    assert (folder / "archives" / "petrova" / IMAGE).is_file()
