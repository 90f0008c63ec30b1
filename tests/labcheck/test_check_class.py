"""`make check-class` refuses what it cannot mean before it grades anybody."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from labcheck.errors import LabcheckError
from labcheck.grading import check_class, fetch
from tests.labcheck.classes import hand_in

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source


def test_a_name_that_nobody_has(engine: DockerClient, source: Source, folder: Path, tmp_path: Path) -> None:
    """ONLY with one misspelt name among right ones is refused: that student would silently not be graded."""
    hand_in(folder, "Anna")
    hand_in(folder, "Boris")
    options = check_class.Options(folder, tmp_path / "out", only=["anna", "Bors"])
    with pytest.raises(LabcheckError, match=r"Nobody in the class is called Bors\."):
        check_class.check_class(engine, source, options, Console(file=io.StringIO()))


def test_out_lies_outside(engine: DockerClient, source: Source, folder: Path) -> None:
    """Results within the class would be graded as a student of it; nothing is written there."""
    hand_in(folder, "Anna")
    options = check_class.Options(folder, folder / "out")
    with pytest.raises(LabcheckError, match="OUT has to lie outside"):
        check_class.check_class(engine, source, options, Console(file=io.StringIO()))
    assert not (folder / "out").exists()


def test_out_that_cannot_be_made(record: Record, source: Source, folder: Path) -> None:
    """A place where no folder can be made is one sentence, of both commands."""
    hand_in(folder, "Anna")
    nowhere = folder.parent / "file" / "out"
    nowhere.parent.write_text("a file")
    console = Console(file=io.StringIO())
    with pytest.raises(LabcheckError, match="cannot be made: Not a directory"):
        check_class.check_class(record.engine, source, check_class.Options(folder, nowhere), console)
    with pytest.raises(LabcheckError, match="cannot be made: Not a directory"):
        fetch.Fetcher(record, source, nowhere, console).fetch(folder)
