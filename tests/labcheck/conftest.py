"""Fixtures of the parts of the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a class."""
    (tmp_path / "class").mkdir()
    return tmp_path / "class"
