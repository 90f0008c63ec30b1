"""A class as a list, and what tells whether a submission has changed."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.roster import Entry
from tests.labcheck.classes import DOCKERFILE, NEW, OLD, by_name, hand_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("header", ["", "name,image,path", "ФИО,Образ,Папка"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list(folder: Path, encoding: str, header: str, delimiter: str) -> None:
    """Any CSV that a spreadsheet saves, with a header in either language or none."""
    hand_in(folder, "работы")
    lines = [header, "Ким Анна,kim/var_keeper,", "", "Пётр Сидоров,,работы", "Иванова Мария,,", ""]
    (folder / "class.csv").write_bytes("\r\n".join(lines).replace(",", delimiter).encode(encoding))
    found = by_name(roster.read(folder / "class.csv"))
    assert {entry.name: (entry.image, entry.path) for entry in found.values()} == {
        "Ким Анна": ("kim/var_keeper", None),
        "Пётр Сидоров": (None, folder / "работы"),
        "Иванова Мария": (None, None),
    }


def test_a_lists_numbers_and_namesakes(folder: Path) -> None:
    """A column may hold Moodle's number; the later line of one counts; lines of one name that differ are namesakes."""
    lines = ["sep=;", "Идентификатор;Полное имя;Образ", "Участник7;Ким, Анна;a/old"]  # noqa: RUF001 - Moodle's
    lines += ["7;Ким, Анна;a/new", ";Пётр Сидоров;p/one", ";Петр Сидоров;p/two", ";Пётр Сидоров;p/one"]
    (folder / "class.csv").write_text("\n".join(lines), encoding="utf-8")
    kim, *peters = roster.read(folder / "class.csv").entries
    assert (kim.name, kim.participant, kim.image) == ("Ким, Анна", "7", "a/new")
    assert kim.said == ("Listed more than once: the last line counts, a/old is left aside.",)
    assert {entry.image for entry in peters} == {"p/one", "p/two"}
    assert len({entry.key for entry in peters}) == len(peters) == 2


def test_columns_that_we_do_not_know(folder: Path) -> None:
    """A column more is left aside, and said; a list whose columns say nothing of the work is refused."""
    (folder / "class.csv").write_text("Группа,ФИО,Образ\n1,Ким Анна,kim/keeper\n", encoding="utf-8")
    found = roster.read(folder / "class.csv")
    assert [(entry.name, entry.image) for entry in found.entries] == [("Ким Анна", "kim/keeper")]
    assert found.said == ("Left aside, being columns that we do not know: Группа.",)
    for lines in ("ФИО,Чей контейнер\nКим Анна,kim/keeper\n", "Учащийся,Чей образ\nКим Анна,kim/keeper\n"):  # noqa: RUF001 - Russian
        (folder / "class.csv").write_text(lines, encoding="utf-8")
        with pytest.raises(LabcheckError, match="call the columns name, image and path"):
            roster.read(folder / "class.csv")


def test_all_wrong_lines_are_named(folder: Path, tmp_path: Path) -> None:
    """Paths stay below the list's own folder, links or not; every line that is wrong is said, with its number."""
    (tmp_path / "secret").mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    lines = ["sep=,", "name,image,path", "A,,../secret", f"B,,{tmp_path}/secret", "C,,link", "D,,typo", ",e/e"]
    lines += ['"F', 'F",f/f', f"G,,{'x' * 5000}"]
    (folder / "class.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(LabcheckError) as error:
        roster.read(folder / "class.csv")
    said = str(error.value).splitlines()
    assert [line.partition(":")[0] for line in said] == [f"class.csv, line {n}" for n in (3, 4, 5, 6, 7, 10)]
    assert said[0].endswith("../secret leads out of the folder of the list.")
    assert "leads out" in said[1]
    assert "leads out" in said[2]
    assert said[3].endswith("there is no typo.")
    assert said[4].endswith("the name is missing.")


@pytest.mark.parametrize("content", [b"name,image\na,\0b\n", b'name,image\n"a' + b"x" * 200_000, b"", b"name,image\n"])
def test_what_is_no_list(folder: Path, content: bytes) -> None:
    """Binary, an endless cell, no lines at all: one sentence, not a traceback."""
    (folder / "class.csv").write_bytes(content)
    with pytest.raises(LabcheckError):
        roster.read(folder / "class.csv")


def test_the_digest_is_of_names_and_bytes(folder: Path) -> None:
    """Copied anew it is the same; a byte, a name, a link or an image more, and it is another."""
    path = hand_in(folder, "a")
    seen = {roster.digest(Entry("k", "n", path=path))}
    shutil.copytree(path, folder / "b")
    os.utime(folder / "b" / "Dockerfile", (NEW, NEW))
    assert roster.digest(Entry("other", "other", path=folder / "b")) in seen

    def is_another(entry: Entry) -> bool:
        before = len(seen)
        seen.add(roster.digest(entry))
        return len(seen) == before + 1

    (path / "Dockerfile").write_text(DOCKERFILE.replace("3.10.6", "3.10.7"), encoding="utf-8")
    assert is_another(Entry("k", "n", path=path))
    (path / "empty folder").mkdir()
    assert is_another(Entry("k", "n", path=path))
    (path / "Dockerfile").rename(path / "dockerfile")
    assert is_another(Entry("k", "n", path=path))
    (path / "empty").touch()
    assert is_another(Entry("k", "n", path=path))
    (path / "empty").unlink()
    os.mkfifo(path / "empty")
    assert is_another(Entry("k", "n", path=path))
    (path / "link").symlink_to("/etc")
    assert is_another(Entry("k", "n", path=path))
    assert is_another(Entry("k", "n", path=path, image="a/b"))
    assert is_another(Entry("k", "n", path=path, beside=(folder / "b" / "Dockerfile",)))
    assert is_another(Entry("k", "n"))


def test_the_digest_ends(folder: Path) -> None:
    """A file of 30 GB, a pipe and a link to itself are told in a moment."""
    path = hand_in(folder, "a")
    with (path / "big").open("wb") as file:
        file.truncate(30_000_000_000)
    os.mkfifo(path / "pipe")
    (path / "loop").symlink_to(path)
    began = time.process_time()
    roster.digest(Entry("k", "n", path=path))
    assert time.process_time() - began < 10


@pytest.mark.parametrize("bound", ["FILE_BYTES", "ALL_BYTES"])
def test_of_a_big_file_its_beginning_and_its_time_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """What follows the bound is not read; whoever writes there changes the time."""
    monkeypatch.setattr(f"labcheck.roster.digests.{bound}", 5)
    seen = []
    for text, at in (("12345678", OLD), ("12345679", OLD), ("12345678", NEW), ("02345678", OLD)):
        (folder / "big").write_text(text, encoding="ascii")
        os.utime(folder / "big", (at, at))
        seen.append(roster.digest(Entry("k", "n", path=folder / "big")))
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3
