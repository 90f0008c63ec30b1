"""Fixtures of the mutants: one made and graded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from labcheck.checks.trial import Built, Trial
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source
    from tests.mutants.mutant import Mutant

Grade = Callable[..., dict[str, Any]]


@pytest.fixture
def grade(tmp_path: Path, engine: DockerClient, source: Source) -> Iterator[Grade]:
    """A function that makes a mutant and returns the rubric's results on it."""
    trial = Trial(engine, source, Console(stderr=True))

    def make_and_grade(mutant: Mutant, language: str = "en") -> dict[str, Any]:
        folder = tmp_path / mutant.path.stem
        folder.mkdir()
        mutants.make(mutant, folder)
        options = [f"--areas={','.join(mutant.areas)}", *([] if mutant.beyond else ["--scored-only"])]
        if mutant.base == "reference":
            options = [options[0], "--as-reference"]
        if mutant.image:
            (folder / "keeper" / "Dockerfile").write_text(mutant.image)
            built = trial.build(folder / "keeper", "Dockerfile")
            assert isinstance(built, Built), built
            options.append(f"--image={built.tag}")
        else:
            options.append(f"--submission={folder}")
        return mutants.grade(tmp_path / "results.json", *options, hub=source.setting, language=language)

    yield make_and_grade
    trial.close()
