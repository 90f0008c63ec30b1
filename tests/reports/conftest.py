"""Fixtures of the reports' tests: the pages of a class of sixty, and a browser that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT
from labcheck.reports import pages
from tests.reports import classroom
from tests.reports.browser import browsing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from labcheck.images.bases import Source
    from tests.reports.browser import Browser


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    """What `results.json` holds of a class."""
    return classroom.results("en")


@pytest.fixture(scope="session")
def folder(results: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its pages, in English."""
    made = tmp_path_factory.mktemp("pages")
    pages.write(results, made, "en")
    return made


@pytest.fixture(scope="session")
def browser(engine: DockerClient, source: Source, folder: Path) -> Iterator[Browser]:
    """A browser on these pages."""
    image = toolimages.ensure(engine, source, CHECKOUT / "tests" / "keeper" / "chromium")
    with browsing(image, folder) as lent:
        yield lent
