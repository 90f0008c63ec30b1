"""Fixtures: a folder compared with the reference, netplan's generator at hand, no image in sight."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labcheck.checks.netplan_generator import generator
from labcheck.checks.testbed import LabContainer
from labcheck.compare import compare
from labcheck.compare.command import GENERATOR
from labcheck.compare.model import Finding
from labcheck.errors import LabcheckError
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT
from labcheck.submission import submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from labcheck.checks.netplan import Merge
    from labcheck.compare.image import Image
    from labcheck.images.bases import Source

Compare = Callable[[Path], dict[str, Finding]]


@pytest.fixture(scope="session")
def merge(engine: DockerClient, source: Source) -> Iterator[Merge]:
    """The generator that netplan itself has, in a container."""
    with LabContainer(toolimages.ensure(engine, source, GENERATOR), network_mode="none") as container:
        yield partial(generator.merge, container)


def no_image(name: str) -> Image:
    """Stand for an engine that has none."""
    raise LabcheckError(name)


@pytest.fixture
def compared(merge: Merge) -> Compare:
    """A function that compares a folder with the reference and returns the findings by artefact."""

    def compare_folder(folder: Path) -> dict[str, Finding]:
        mine = submission.in_folders(folder.name, folder)
        found = compare(mine, submission.reference(CHECKOUT), merge=merge, look=no_image)
        return {one.artefact: one for one in found}

    return compare_folder
