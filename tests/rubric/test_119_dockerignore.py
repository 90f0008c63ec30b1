"""Area dockerignore: no junk in the image (steps 119-125). PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

import venv
from typing import TYPE_CHECKING

import pytest

from labcheck.checks.staging import MARK, environment_names, ignored_environment
from labcheck.checks.verdicts import mismatch, require, there
from labcheck.i18n import _
from labcheck.images import lab as images

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from labcheck.checks.testbed import LabContainer
    from labcheck.checks.trial import Trial
    from labcheck.submission.submission import Submission
    from tests.rubric.conftest import Measured

MB = 1_000_000
COPY_ALL = "FROM python:3.10.6-alpine\nWORKDIR /app\nCOPY / /app\n"  # step 113
TWO_WAYS = _("Two ways (step 122): name it in .dockerignore, or COPY requirements.txt and app.py alone.")


@pytest.fixture(scope="module")
def junk(inside: LabContainer) -> list[str]:
    """The files in the image that should have stayed outside."""
    return inside.find("-name", MARK, "-o", "-name", "Dockerfile")


@pytest.mark.lab(step=123, area="dockerignore")
def test_virtual_environment_stays_out(handed_in: Submission, junk: list[str]) -> None:
    """The virtual environment of step 105, some 25 MB, is not in the image."""
    names = environment_names(handed_in)
    found = [path for path in junk if path.endswith(tuple(f"/{name}/{MARK}" for name in names))]
    folders = ", ".join(path.rpartition("/")[0] for path in found)
    hint = _why_not_ignored(handed_in, names[0])
    assert not found, mismatch(_("no {name}/ in the image").format(name=names[0]), folders, hint)


@pytest.mark.lab(step=123, area="dockerignore")
def test_dockerfile_stays_out(junk: list[str]) -> None:
    """The Dockerfile, of no use in the image, is not in it."""
    found = [path for path in junk if path.endswith("/Dockerfile")]
    assert not found, mismatch(_("no Dockerfile in the image"), ", ".join(found), TWO_WAYS)


@pytest.mark.lab(step=123, area="dockerignore")
@pytest.mark.beyond
def test_git_and_caches_stay_out(junk: list[str]) -> None:
    """The history of .git, and caches, are not in the image."""
    found = [path for path in junk if path.endswith(tuple(f"/{name}/{MARK}" for name in (".git", "__pycache__")))]
    assert not found, mismatch(_("no .git, no __pycache__"), ", ".join(found), _("Add them to .dockerignore."))


@pytest.mark.lab(step=121, area="dockerignore")
@pytest.mark.reference
def test_ignore_file_saves_what_the_junk_weighs(
    engine: DockerClient, handed_in: Submission, trial: Trial, tmp_path: Path, measured: Measured
) -> None:
    """With the lab's own `COPY / /app`, the ignore file keeps a real virtual environment and its megabytes out."""
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    weight = sum(path.lstat().st_size for path in (tmp_path / "venv").rglob("*") if path.is_file())
    (tmp_path / "Dockerfile").write_text(COPY_ALL)
    without = require(trial.build(tmp_path, "Dockerfile"))
    (tmp_path / ".dockerignore").write_text((there(handed_in.context) / ".dockerignore").read_text())
    clean = require(trial.build(tmp_path, "Dockerfile"))
    saved = images.size(engine, without.tag) - images.size(engine, clean.tag)
    measured(f"junk that .dockerignore keeps out: {saved / MB:.1f} MB (a fresh venv; with Flask the lab has 25)")
    assert saved >= weight * 0.9, mismatch(f"{weight / MB:.1f} MB", f"{saved / MB:.1f} MB", TWO_WAYS)


def _why_not_ignored(handed_in: Submission, environment: str) -> str:
    misnamed = next((name for name in handed_in.misnamed if "ignore" in name.lower()), None)
    if misnamed:
        return _(
            "Docker reads .dockerignore beside the Dockerfile, and nothing else: {name} is not read (123)."
        ).format(name=misnamed)
    ignored = ignored_environment(handed_in)
    if ignored and ignored != environment:
        return _("The environment is called {name} (105), but .dockerignore names {ignored} (123).").format(
            name=environment, ignored=ignored
        )
    return TWO_WAYS
