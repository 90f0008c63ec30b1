"""Pins: each fits the oldest Python that is promised, and `make update` brings them forward together, or not at all.

The update runs on a small project with an index of its own, a folder: the network takes no part.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import zipfile
from html import escape
from typing import TYPE_CHECKING, Protocol

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = {
    "Dockerfile": "FROM python:3.10.6\n",
    "pyproject.toml": 'requires-python = ">=3.10"\nscale = ["grid==1.0"] # as in requirements-dev.txt\n',
    "requirements.txt": "Flask==1.0\nzeug==1.0\n",
    "var_keeper/requirements.txt": "Flask==1.0\nmysql-connector-python==1.0\npyuwsgi==1.0\nzeug==1.0\n",
    "requirements-dev.txt": '-r requirements.txt\n# tools\ngrid==1.0\nlinter==1.0; python_version < "3.99"\n',
    "tests/mutants/wrong/unpinned.toml": 'old = "flask == 1.0"\nnew = "Flask==0.9"\n',
}


class Index(Protocol):
    """The type of the fixture `index`."""

    def __call__(self, name: str, version: str, *needs: str, python: str = ">=3.8") -> None:
        """Add a release to the index."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout that has nothing but pins and the script."""
    for name, text in PROJECT.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    (tmp_path / "project" / "scripts").mkdir()
    shutil.copy(CHECKOUT / "scripts" / "update_pins.py", tmp_path / "project" / "scripts")
    return tmp_path / "project"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An index (PEP 503) that has the project's packages in the versions of its pins."""

    def release(name: str, version: str, *needs: str, python: str = ">=3.8") -> None:
        stem, folder = f"{name.replace('-', '_')}-{version}", tmp_path / "index" / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
            lines += [f"Requires-Dist: {need}" for need in needs]
            wheel.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines) + "\n")
            wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}.dist-info/RECORD", "")
        page = folder / "index.html"
        others = [line for line in (page.read_text() if page.exists() else "").splitlines() if stem not in line]
        link = f'<a href="{stem}-py3-none-any.whl" data-requires-python="{escape(python)}">{stem}</a>'
        page.write_text("\n".join([*others, link]))

    release("Flask", "1.0", "zeug>=1")
    for name in ("zeug", "mysql-connector-python", "pyuwsgi", "grid", "linter"):
        release(name, "1.0")
    return release


def update(project: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the update as `make` does, with the index beside the project alone."""
    mine = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": (project.parent / "index").as_uri()}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        [sys.executable, "scripts/update_pins.py"],
        cwd=project,
        env={**rest, **mine, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def texts(project: Path) -> dict[str, str]:
    """Return every file of the project but the script."""
    paths = [path for path in project.rglob("*") if path.is_file() and path.parent.name != "scripts"]
    return {str(path.relative_to(project)): path.read_text() for path in paths}


def test_all_files_move_together(project: Path, index: Index) -> None:
    """A new release comes into every file that pins or quotes it; what it needs anew is listed, what not goes."""
    index("Flask", "2.0", "werk>=3")  # no longer zeug
    index("werk", "3.1")
    index("grid", "1.1")
    done = update(project)
    assert done.returncode == 0, done.stderr
    assert texts(project) == PROJECT | {
        "requirements.txt": "Flask==2.0\nwerk==3.1\n",
        "var_keeper/requirements.txt": "Flask==2.0\nmysql-connector-python==1.0\npyuwsgi==1.0\nwerk==3.1\n",
        "pyproject.toml": PROJECT["pyproject.toml"].replace("grid==1.0", "grid==1.1"),
        "requirements-dev.txt": PROJECT["requirements-dev.txt"].replace("grid==1.0", "grid==1.1"),
        "tests/mutants/wrong/unpinned.toml": 'old = "flask == 2.0"\nnew = "Flask==0.9"\n',
    }
    shown = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert shown == [
        ["package", "old", "new"],
        ["Flask", "1.0", "2.0", "requirements.txt, var_keeper/requirements.txt"],
        ["grid", "1.0", "1.1", "requirements-dev.txt"],
        ["werk", "-", "3.1", "requirements.txt, var_keeper/requirements.txt"],
        ["zeug", "1.0", "-", "requirements.txt, var_keeper/requirements.txt"],
        ["Now:", "make", "lint", "&& make test && make test-slow"],
    ]
    again = update(project)
    assert again.stdout == "All 6 pins are the newest that fit.\n"


def test_a_dry_run_shows_and_changes_nothing(project: Path, index: Index) -> None:
    """DRY=1 prints the same table and leaves the files alone."""
    index("zeug", "1.5")
    done = update(project, DRY="1")
    assert done.returncode == 0, done.stderr
    assert "zeug     1.0  1.5  requirements.txt, var_keeper/requirements.txt" in done.stdout.splitlines()
    assert texts(project) == PROJECT


def test_a_release_that_does_not_fit_is_not_taken(project: Path, index: Index) -> None:
    """Newer than the oldest Python allows, or at odds with the images' pins, is too new; a pin like that goes back."""
    index("zeug", "2.0", python=">=3.11")
    index("grid", "1.1", "zeug>=2")
    index("linter", "0.9")
    index("linter", "1.0", python=">=3.11")
    done = update(project)
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^linter +1\.0 +0\.9 +\(older: the newest that fits\) +requirements-dev\.txt$", done.stdout, re.MULTILINE
    )
    changed = {"requirements-dev.txt": PROJECT["requirements-dev.txt"].replace("linter==1.0", "linter==0.9")}
    assert texts(project) == PROJECT | changed


def test_what_the_images_python_alone_needs_is_listed(project: Path, index: Index) -> None:
    """A need that is for Python 3.10 alone is listed, whichever Python updates."""
    index("Flask", "1.1", "zeug", 'backport>=1; python_version < "3.11"', 'never; extra == "async"')
    index("backport", "1.2")
    done = update(project)
    assert done.returncode == 0, done.stderr
    assert (project / "requirements.txt").read_text() == "backport==1.2\nFlask==1.1\nzeug==1.0\n"


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    "settings",
    [{"PIP_NO_INDEX": "1"}, {"PIP_RETRIES": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/"}],  # 9: discard, never served
    ids=["no index", "an index that does not answer"],
)
def test_without_an_index_nothing_changes(project: Path, settings: dict[str, str]) -> None:
    """Where no index answers, one sentence says so."""
    done = update(project, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: No package index answers, or it has no Flask: check the network and pip's index. Nothing was changed.\n"
    )
    assert texts(project) == PROJECT


def test_what_cannot_be_brought_together_is_named(project: Path, index: Index) -> None:
    """Tools that contradict each other end in pip's own word for it, with nothing changed, the images' pins neither."""
    index("zeug", "1.5")
    for name in ("grid", "linter"):
        shutil.rmtree(project.parent / "index" / name)
    index("grid", "1.1", "linter>=2")
    index("linter", "2.0", "grid<1.1")
    done = update(project)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"Error: pip finds no versions that go together: .*grid.*\. Nothing was changed\.\n", done.stderr
    )
    assert texts(project) == PROJECT


def test_a_line_that_pins_nothing_is_named(project: Path, index: Index) -> None:
    """A range among the pins is an error with the line."""
    index("grid", "1.1")
    (project / "requirements-dev.txt").write_text("grid>=1\n")
    done = update(project)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: requirements-dev.txt has a line that is no pin: 'grid>=1'. Write NAME==VERSION. Nothing was changed.\n"
    )


def test_a_file_that_cannot_be_written_leaves_all_as_they_were(project: Path, index: Index) -> None:
    """The files change all or not at all."""
    index("zeug", "1.5")
    (project / "var_keeper" / ".requirements.txt.new").mkdir()  # where the new text would be laid ready
    done = update(project)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert texts(project) == PROJECT


def test_every_pin_fits_the_oldest_python() -> None:
    """What is installed for the pins declares that it runs on the Python that pyproject.toml promises."""
    pyproject = (CHECKOUT / "pyproject.toml").read_text()
    oldest = re.findall(r'^requires-python = ">=(.+)"', pyproject, re.MULTILINE)[0]
    lines = (CHECKOUT / "requirements-dev.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line[0].isalnum()]
    assert len(pins) > 20
    needed = [pin.name for pin in pins if not pin.marker or pin.marker.evaluate()]
    told = {name: importlib.metadata.metadata(name) for name in needed}
    asked = {name: about["Requires-Python"] for name, about in told.items() if "Requires-Python" in about}
    assert not {name: asks for name, asks in asked.items() if not SpecifierSet(asks).contains(f"{oldest}.99")}


def test_pins_that_stand_twice_agree() -> None:
    """pyproject.toml's extras and the images' files pin what requirements-dev.txt pins."""
    pattern = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)
    tools = dict(pattern.findall((CHECKOUT / "requirements-dev.txt").read_text()))
    hello = dict(pattern.findall((CHECKOUT / "requirements.txt").read_text()))
    keeper = dict(pattern.findall((CHECKOUT / "var_keeper" / "requirements.txt").read_text()))
    extras = dict(re.findall(r'"([\w.-]+)==([\w.]+)"', (CHECKOUT / "pyproject.toml").read_text()))
    assert extras
    assert hello
    assert extras.items() <= tools.items()
    assert hello.items() <= keeper.items()
    assert {name: version for name, version in keeper.items() if name in tools and tools[name] != version} == {}
