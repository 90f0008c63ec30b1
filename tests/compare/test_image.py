"""An image that was handed in, looked into without starting it (lab steps 133-148)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck.checks.trial import Built, Trial
from labcheck.compare import image as images
from labcheck.compare.image import Image
from labcheck.compare.model import DIFFERS, SAME
from labcheck.errors import LabcheckError
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source

# the lab's step of what differs in each mutant that is an image
STEPS = {
    "keeper-image-on-the-full-base": 131,
    "keeper-image-with-another-connector": 134,
    "keeper-image-with-the-hello-app": 134,  # step 148 is the second thing that is told: it has no connector either
    "keeper-image-without-the-connector": 134,
}
KEEPER = "import mysql.connector\n"
CONFIG = {"Entrypoint": ["python"], "Cmd": ["app.py"], "WorkingDir": "/app", "StopSignal": "SIGINT"}
PACKAGES = {"flask": "3.1.3", "mysql-connector-python": "26.10.0"}


@pytest.fixture
def trial(engine: DockerClient, source: Source) -> Iterator[Trial]:
    """Where images of a test are built."""
    made = Trial(engine, source, Console(stderr=True))
    yield made
    made.close()


def made_up(**changes: object) -> Image:
    """Return an image as the lab makes it, with changes."""
    right: dict[str, object] = {
        "name": "student/var_keeper",
        "config": CONFIG,
        "history": ("RUN pip install -r requirements.txt",),
        "size": 60_000_000,
        "platform": "amd64",
        "wanted_platform": "amd64",
        "files": {"app.py": KEEPER},
        "names": frozenset({"app.py"}),
        "packages": PACKAGES,
    }
    return Image(**{**right, **changes})  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("mutant", [one for one in mutants.load("wrong") if one.image], ids=lambda one: one.path.stem)
def test_mutant_is_told_with_its_step(mutant: mutants.Mutant, trial: Trial, tmp_path: Path) -> None:
    """Each mutant that is an image differs, at the step of its mistake."""
    mutants.make(mutant, tmp_path)
    (tmp_path / "keeper" / "Dockerfile").write_text(str(mutant.image))
    built = trial.build(tmp_path / "keeper", "Dockerfile")
    assert isinstance(built, Built)
    found = images.compare(images.look(trial.engine, built.tag))
    assert (found.verdict, found.step) == (DIFFERS, STEPS[mutant.path.stem])
    if mutant.path.stem == "keeper-image-with-the-hello-app":
        assert 148 in {note.step for note in found.notes}


def test_reference_is_the_same(engine: DockerClient) -> None:
    """The reference's own image of var_keeper shows nothing that differs, and what is in it is known."""
    keeper = images.look(engine, "var_keeper:latest")
    assert "mysql" in keeper.files["app.py"]
    assert {"flask", "mysql-connector-python"} <= set(keeper.packages)
    assert images.compare(keeper).verdict == SAME


def test_nothing_is_left_and_nothing_was_started(engine: DockerClient) -> None:
    """Looking into an image makes a container that never runs, and removes it."""
    made = engine.containers.create("var_keeper:latest")
    own = made.commit()  # of which no other test has containers
    made.remove()
    try:
        assert "mysql" in images.look(engine, str(own.id)).files["app.py"]
        assert engine.containers.list(all=True, filters={"ancestor": str(own.id)}) == []
    finally:
        engine.images.remove(str(own.id))


def test_absent_image_is_said(engine: DockerClient) -> None:
    """An image that is not on the engine is a sentence with the command that gets it."""
    with pytest.raises(LabcheckError, match="docker pull student/nothing"):
        images.look(engine, "student/nothing")


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"config": {**CONFIG, "Cmd": ["/bin/sh", "-c", "app.py"]}}, 113),
        ({"config": {**CONFIG, "WorkingDir": "/code"}}, 113),
        ({"names": frozenset({"app.py", "venv"})}, 123),
        ({"size": 950_000_000}, 131),
        ({"packages": {"mysql-connector": "2.2.9"}}, 134),
        ({"packages": {"flask": "3.1.3"}}, 134),
        ({"files": {}}, 136),
        ({"files": {"app.py": "print('Hello, World!')"}}, 148),
        ({"platform": "arm64"}, 148),
    ],
)
def test_each_mistake_has_its_step(changes: dict[str, object], step: int) -> None:
    """What is wrong with an image is told with the step that it comes from (113-148); without a change nothing is."""
    assert images.compare(made_up()).verdict == SAME
    found = images.compare(made_up(**changes))
    assert (found.verdict, found.step) == (DIFFERS, step)
