"""The first half of `make load`, by the system's Python: .venv out of the bundle, or a sentence and nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from labcheck.bundle import archive, manifest
from labcheck.images.lab import CHECKOUT
from tests.bundle.conftest import about
from tests.bundle.test_archive import damage
from tests.check.conftest import Said

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "tiny-1.0-py3-none-any.whl"
# stands for scripts/venv.sh: it says what pip would be told
SCRIPT = """mkdir -p "$1"
echo "index: $PIP_NO_INDEX, wheels: $(ls "$PIP_FIND_LINKS"), config: $PIP_CONFIG_FILE"
exit "$CODE"
"""


def bundle(folder: Path, **more: object) -> Path:
    """Write a bundle with one wheel for .venv."""
    path = folder / "bundle.tar"
    (folder / WHEEL).write_bytes(b"a wheel" * 100)
    with archive.writing(path) as writer:
        part = writer.add(manifest.WHEELS, [archive.tarred(folder, [WHEEL])])
        writer.finish(about(**{"parts": (part,), "venv": (WHEEL,), **more}))
    return path


def bootstrap(folder: Path, path: Path | str, code: int = 0) -> Said:
    """Run it in a checkout that has nothing but the script, by an interpreter that knows no package of .venv's."""
    (folder / "scripts").mkdir(exist_ok=True)
    (folder / "scripts" / "venv.sh").write_text(SCRIPT)
    environment = {**os.environ, "BUNDLE": str(path), "PYTHONPATH": str(CHECKOUT), "CODE": str(code), "LANGUAGE": "en"}
    done = subprocess.run(
        [sys.executable, "-S", "-m", "labcheck.bundle.bootstrap"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stdout
    return Said(done.returncode, done.stdout)


def test_pip_is_given_the_bundles_wheels_and_nothing_else(tmp_path: Path) -> None:
    """While .venv is made, and by its own pip.conf from then on, the wheels are all that pip knows."""
    said = bootstrap(tmp_path, bundle(tmp_path))
    assert (said.code, said.flat) == (0, f"index: 1, wheels: {WHEEL}, config: /dev/null")
    assert (tmp_path / ".venv" / "wheels" / WHEEL).read_bytes() == b"a wheel" * 100
    settings = (tmp_path / ".venv" / "pip.conf").read_text().splitlines()
    assert settings == ["[global]", "no-index = true", f"find-links = {tmp_path / '.venv' / 'wheels'}"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"python": "cpython 3.9 linux x86_64"}, "packages are for cpython 3.9"),
        ({"venv": (WHEEL, "../../evil.whl")}, "has no wheel ../../evil.whl"),
        ({"venv": (WHEEL, "other.whl")}, "has no wheel other.whl"),
    ],
)
def test_what_does_not_fit_makes_no_environment(tmp_path: Path, more: dict[str, object], message: str) -> None:
    """Another Python, a wheel's name that leads out: one sentence, exit code 2, no .venv."""
    path = bundle(tmp_path, **more)
    said = bootstrap(tmp_path, path)
    assert said.code == 2
    assert message in said.flat
    assert not (tmp_path / ".venv").exists()


def test_damaged_wheels_make_no_environment(tmp_path: Path) -> None:
    """A byte that changed on the way."""
    path = bundle(tmp_path)
    damage(path, manifest.WHEELS)
    said = bootstrap(tmp_path, path)
    assert (said.code, "damaged: wheels.tar" in said.flat) == (2, True)
    assert not (tmp_path / ".venv").exists()


def test_an_environment_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """What the script says stands above; pip is not told of wheels then."""
    said = bootstrap(tmp_path, bundle(tmp_path), code=2)
    assert said.code == 2
    assert "No .venv could be made of the bundle's wheels" in said.flat
    assert not (tmp_path / ".venv" / "pip.conf").exists()


def test_a_bundle_has_to_be_named(tmp_path: Path) -> None:
    """Without BUNDLE it says what to type."""
    said = bootstrap(tmp_path, "")
    assert (said.code, said.flat) == (2, "Error: Name the bundle: make load BUNDLE=FILE")
