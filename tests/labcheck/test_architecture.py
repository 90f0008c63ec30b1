"""docs/architecture.md names every folder of the tool and of the tests, and no file that is not there."""

from __future__ import annotations

import re

import pytest

from labcheck.images.lab import CHECKOUT

PAGE = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w./-]+)`", PAGE))
PLACES = [CHECKOUT, CHECKOUT / "labcheck", CHECKOUT / "tests" / "rubric"]
PACKAGES = sorted(folder for folder in (CHECKOUT / "labcheck").iterdir() if (folder / "__init__.py").is_file())


@pytest.mark.parametrize(
    "folder",
    [
        *(f"{folder.name}/" for folder in PACKAGES),
        *(f"tests/{folder.parent.name}/" for folder in (CHECKOUT / "tests").glob("*/__init__.py")),
        *(f"{name}/" for name in ("standins", "benchmarks", "scripts")),
    ],
)
def test_a_folder_is_told(folder: str) -> None:
    """A package of the tool, or a folder of tests, has its line."""
    assert folder in NAMED


def test_a_module_beside_the_packages_is_told() -> None:
    """So has a module that is in no package."""
    modules = {file.name for file in (CHECKOUT / "labcheck").glob("*.py")} - {"__init__.py"}
    assert modules - NAMED == set()


def test_what_is_named_is_there() -> None:
    """Each file and folder that the page names exists, in the checkout or in a package of the tool."""
    places = [*PLACES, *PACKAGES]
    paths = {name for name in NAMED if name.endswith((".py", ".toml", "/")) or "/" in name}
    assert len(paths) > 40
    assert {name for name in paths if not any((place / name).exists() for place in places)} == set()
