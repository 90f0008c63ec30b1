"""What is sent to a worker is what was handed in, whatever it is, and never too much."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.grading import parcel
from labcheck.roster import Entry
from tests.hostile.submissions import (
    dockerfile_is_a_link,
    links_in_circles,
    long_names,
    pipe,
    tar_that_leads_out,
)
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ODD = [dockerfile_is_a_link, links_in_circles, long_names, pipe, tar_that_leads_out]


def _digest(path: Path) -> str:
    return roster.digest(Entry("key", "name", path=path))


def _linked_twice(folder: Path) -> None:
    (folder / "b").write_text("one file, two names")
    (folder / "a").hardlink_to(folder / "b")


def _odd_names(folder: Path) -> None:
    for name in (b"\xef\xf0\xe8\xe2\xe5\xf2", b"line\nbreak", "два слова".encode(), b"-rf", b"back\\slash"):
        (folder / os.fsdecode(name)).write_text("x")


@pytest.mark.parametrize(
    "write", [*ODD, _linked_twice, _odd_names, mutants.student, mutants.reference], ids=lambda write: write.__name__
)
def test_what_arrives_is_the_same(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """Names, contents, links and pipes arrive as they were, and nothing beside them."""
    folder = tmp_path / "Мария Иванова"
    folder.mkdir()
    write(folder)
    arrived = parcel.unpack(parcel.pack(folder), tmp_path / "there")
    assert arrived == tmp_path / "there" / folder.name
    assert _digest(arrived) == _digest(folder)
    assert [path.name for path in (tmp_path / "there").iterdir()] == [folder.name]


def test_a_file_arrives_too(tmp_path: Path) -> None:
    """An archive or a report is sent under its own name."""
    (tmp_path / "отчёт.docx").write_bytes(bytes(range(256)))
    arrived = parcel.unpack(parcel.pack(tmp_path / "отчёт.docx"), tmp_path / "there")
    assert (arrived.name, arrived.read_bytes()) == ("отчёт.docx", bytes(range(256)))


def test_modes(tmp_path: Path) -> None:
    """What may be run may be run there too; what would give rights on a worker does not, and all can be removed."""
    (tmp_path / "lab").mkdir()
    for name, mode in {"run.sh": 0o755, "setuid": 0o4755, "secret": 0o400, "plain": 0o644}.items():
        (tmp_path / "lab" / name).touch()
        (tmp_path / "lab" / name).chmod(mode)
    (tmp_path / "lab" / "closed").mkdir(mode=0o500)
    arrived = parcel.unpack(parcel.pack(tmp_path / "lab"), tmp_path / "there")
    modes = {path.name: path.stat().st_mode & 0o7777 for path in arrived.iterdir()}
    assert modes == {"run.sh": 0o755, "setuid": 0o755, "secret": 0o600, "plain": 0o644, "closed": 0o700}


def test_a_socket_stays_here(tmp_path: Path) -> None:
    """What is no file of any kind is left out."""
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "app.py").touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "lab" / "socket"))
        arrived = parcel.unpack(parcel.pack(tmp_path / "lab"), tmp_path / "there")
    assert [path.name for path in arrived.iterdir()] == ["app.py"]


def test_too_much_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A film of terabytes, and files by the thousand, are refused before they are read; so much as allowed is sent."""
    monkeypatch.setattr(parcel, "FILES", 10)
    (tmp_path / "lab").mkdir()
    for number in range(10):
        (tmp_path / "lab" / str(number)).touch()
    assert parcel.pack(tmp_path / "lab")
    (tmp_path / "lab" / "10").touch()
    with pytest.raises(LabcheckError, match="lab is too big to be sent to a worker"):
        parcel.pack(tmp_path / "lab")
    with (tmp_path / "film.mkv").open("wb") as film:
        film.truncate(4 * 10**12)
    with pytest.raises(LabcheckError, match="at most 1073 MB"):
        parcel.pack(tmp_path / "film.mkv")
