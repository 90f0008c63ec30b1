"""`labcheck check` on whatever a student hands in: an archive, an image in every form, a Dockerfile for BuildKit."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck.checks import keeper as keepers
from labcheck.checks.staging import stage
from labcheck.checks.trial import Built, Trial
from labcheck.images.lab import CHECKOUT
from labcheck.submission.submission import in_folders
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source
    from tests.check.conftest import Check

BUILDKIT = """\
# syntax=docker/dockerfile:1
FROM python:3.10.6-alpine
WORKDIR /app
COPY --chmod=644 requirements.txt app.py ./
RUN --mount=type=cache,target=/root/.cache/pip <<EOF
pip install --no-compile -r requirements.txt
EOF
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
"""


@pytest.fixture
def keeper_image(engine: DockerClient, source: Source, student: Path, tmp_path: Path) -> Iterator[str]:
    """A student's var_keeper, made the lab's way (steps 114 to 137) on this host."""
    trial = Trial(engine, source, Console(stderr=True))
    flask = student / "tutorial" / "flask"
    staged = stage(in_folders("student", flask), tmp_path / "staged")
    built = trial.build(staged, "Dockerfile")
    assert isinstance(built, Built), built
    made = keepers.make_the_labs_way(trial, built.tag, flask / "app.py", before=CHECKOUT / "flask_app" / "app.py")
    assert isinstance(made, str), made
    yield made
    trial.close()


@pytest.fixture
def named_copies(student: Path) -> None:
    """The student copies by name what the image needs, which is step 122's first way: no ignore file is there."""
    flask = student / "tutorial" / "flask"
    dockerfile = flask / "Dockerfile"
    text = dockerfile.read_text().replace("COPY requirements.txt /app/", "COPY requirements.txt app.py /app/")
    dockerfile.write_text(text.replace("COPY / /app", "COPY app.py /app/app.py"))
    (flask / ".dockerignore").unlink()


def _saved(engine: DockerClient, image: str, to: Path) -> Path:
    with to.open("wb") as file:
        for chunk in engine.images.get(image).save(named=image):
            file.write(chunk)
    return to


@pytest.mark.slow
def test_an_archive(student: Path, tmp_path: Path, check: Check) -> None:
    """A .zip of the folder is as good as the folder, also where the app runs as a user of its own."""
    flask = student / "tutorial" / "flask"
    dockerfile = flask / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("ENTRYPOINT", "USER nobody\nENTRYPOINT"))
    shutil.copyfile(CHECKOUT / "flask_app" / "app.py", flask / "app.py")
    packed = shutil.make_archive(str(tmp_path / "Мария"), "zip", student)
    said = check("--submission", packed, "--areas", "content,build,run", "--scored-only")
    assert said.code == 0, said.output
    assert "38 of 38 points" in said.output
    assert "Мария.zip: tutorial/flask/Dockerfile" in said.output


def test_an_image_alone(engine: DockerClient, keeper_image: str, check: Check, tmp_path: Path) -> None:
    """What `docker save` wrote is enough: files and Dockerfile are read from it, and all areas are graded by them."""
    archive = _saved(engine, keeper_image, tmp_path / "keeper.tar")
    results = tmp_path / "results.json"
    said = check("--submission", archive, "--scored-only", "--results", results)
    assert said.code == 0, said.output
    assert "100 of 100 points" in said.output
    assert "image: app/requirements.txt" in said.output
    assert "The Dockerfile is put together from docker history." in said.flat
    assert {image["base"] for image in json.loads(results.read_text())["images"]} == {"python:3.10.6-alpine"}


@pytest.mark.usefixtures("named_copies")
def test_an_image_alone_of_named_copies(engine: DockerClient, keeper_image: str, check: Check, tmp_path: Path) -> None:
    """The classic builder does not say what COPY took: the image itself tells that no junk came in."""
    archive = _saved(engine, keeper_image, tmp_path / "keeper.tar")
    said = check("--submission", archive, "--scored-only")
    assert said.code == 0, said.output
    assert "100 of 100 points" in said.output


def test_an_image_for_another_processor(
    engine: DockerClient, base: Callable[[str], str], check: Check, tmp_path: Path
) -> None:
    """An image that was pushed from an ARM computer is ungradable, not wrong (mistakes.md, step 148)."""
    archive = _saved(engine, base("python:3.10.6-alpine"), tmp_path / "saved.tar")
    said = check("--submission", _for_arm(archive, tmp_path / "arm.tar"), "--areas", "keeper", "--scored-only")
    assert said.code == 2, said.output
    assert "The image is for another kind of processor, arm64: this machine is amd64." in said.flat


def _for_arm(archive: Path, to: Path) -> Path:
    with tarfile.open(archive) as before, tarfile.open(to, "w") as after:
        for entry in before:
            file = before.extractfile(entry)
            content = file.read() if file else b""
            if entry.isfile() and entry.name.endswith(".json") and b'"architecture"' in content:
                settings = json.loads(content)
                content = json.dumps({**settings, "architecture": "arm64"}).encode()
            entry.size = len(content)
            after.addfile(entry, io.BytesIO(content) if entry.isfile() else None)
    return to


@pytest.mark.slow
def test_an_image_that_does_not_load(check: Check, tmp_path: Path) -> None:
    """A broken archive of docker save is the student's, and says what docker says."""
    with tarfile.open(tmp_path / "keeper.tar", "w") as archive:
        manifest = json.dumps([{"Config": "none.json", "RepoTags": ["x/var_keeper:latest"], "Layers": []}]).encode()
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(manifest)
        archive.addfile(entry, io.BytesIO(manifest))
    said = check("--submission", tmp_path / "keeper.tar", "--areas", "keeper", "--scored-only")
    assert said.code == 1, said.output
    assert "docker load does not take keeper.tar" in said.flat


def test_a_dockerfile_for_buildkit(student: Path, check: Check) -> None:
    """A cache mount, a here-document, COPY --chmod: right, since that is what `docker build` is today."""
    flask = student / "tutorial" / "flask"
    (flask / "Dockerfile").write_text(BUILDKIT)
    shutil.copyfile(CHECKOUT / "flask_app" / "app.py", flask / "app.py")
    said = check("--submission", student, "--areas", "build,run,dockerignore", "--scored-only")
    assert said.code == 0, said.output
    assert "42 of 42 points" in said.output


def test_a_keepers_own_dockerfile_for_buildkit(tmp_path: Path, check: Check) -> None:
    """So is var_keeper's own (step 137), and nothing is written to the student's folder."""
    folder = tmp_path / "Мария"
    (folder / "flask").mkdir(parents=True)
    mutants.student(folder / "flask")
    mutants.keeper(folder)
    dockerfile = folder / "keeper" / "Dockerfile"
    text = dockerfile.read_text()
    dockerfile.write_text(text.replace("RUN ", "RUN --mount=type=cache,target=/root/.cache/pip "))
    assert text != dockerfile.read_text()
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    said = check("--submission", folder, "--areas", "keeper", "--scored-only")
    assert said.code == 0, said.output
    assert "24 of 24 points" in said.output
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]} == before


@pytest.mark.slow
def test_a_mistake_in_a_dockerfile_for_buildkit(student: Path, check: Check) -> None:
    """What BuildKit says against it is the student's mistake, with a hint; its own name for a missing file too."""
    text = BUILDKIT.replace("requirements.txt app.py ./", "requirements.txt absent.py ./")
    (student / "tutorial" / "flask" / "Dockerfile").write_text(text)
    said = check("--submission", student, "--areas", "build", "--scored-only")
    assert said.code == 1, said.output
    assert "COPY names a file that is not in the build context" in said.flat


def test_a_dockerfile_for_buildkit_on_the_users_engine(student: Path, check: Check) -> None:
    """There BuildKit would leave a cache that nobody can tell from the user's own: ungradable, said why."""
    (student / "tutorial" / "flask" / "Dockerfile").write_text(BUILDKIT)
    said = check("--submission", student, "--areas", "build", "--scored-only", "--engine", "host")
    assert said.code == 2, said.output
    assert "needs BuildKit, which is used in the lab machine alone" in said.flat


@pytest.mark.slow
def test_what_collect_gathered(keeper_image: str, student: Path, check: Check, tmp_path: Path) -> None:
    """The archive that collect.sh makes on a student's machine has files and image: it gets what the work is worth."""
    archive = tmp_path / "docker-lab-maria.tar.gz"
    command = ["sh", str(CHECKOUT / "collect.sh"), "-o", str(archive), "-i", keeper_image]
    flask = student / "tutorial" / "flask"
    subprocess.run([*command, str(flask)], env={**os.environ, "HOME": str(student)}, check=True)  # noqa: S603 - ours
    said = check("--submission", archive, "--areas", "content,requirements,keeper", "--scored-only")
    assert said.code == 0, said.output
    assert "44 of 44 points" in said.output
    assert "image.tar" in said.output
