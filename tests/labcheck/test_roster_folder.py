"""A class is read from whatever Moodle, GitHub or a person made of it, and nobody in it is lost."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.roster import names
from labcheck.submission import intake
from tests.labcheck.classes import DOCKERFILE, MOODLE, NEW, OLD, by_name, hand_in, zipped

if TYPE_CHECKING:
    from pathlib import Path


def test_moodles_folders(folder: Path) -> None:
    """Folder names give name and participant; the text typed into Moodle lies beside the files."""
    maria = hand_in(folder, MOODLE.format(name="Мария Иванова", number=1234567, plugin="file", file=""))
    typed = folder / MOODLE.format(name="Мария Иванова", number=1234567, plugin="onlinetext", file="")
    typed.mkdir()
    (typed / "onlinetext.html").write_text("<p>Образ: ivanova/var_keeper</p>", encoding="utf-8")
    alone = folder / MOODLE.format(name="Ким Анна", number=7, plugin="onlinetext", file="")
    shutil.copytree(typed, alone)
    found = by_name(roster.read(folder))
    assert list(found) == ["Мария Иванова", "Ким Анна"][::-1]
    assert found["Мария Иванова"].participant == "1234567"
    assert found["Мария Иванова"].path == maria
    assert roster.gathered(found["Мария Иванова"], folder) == (maria, "ivanova/var_keeper")
    path, image = roster.gathered(found["Ким Анна"], folder)
    with intake.take_in(path, image) as taken:
        assert taken.submission.image == "ivanova/var_keeper"


def test_a_text_that_says_nothing(folder: Path) -> None:
    """An empty online text is nothing handed in; beside a folder no report takes the mark, whatever it is."""
    for name, plugin, file in (
        ("Ким Анна", "onlinetext", "onlinetext.html"),
        ("Мария Иванова", "onlinetext", "onlinetext.html"),
        ("Пётр Сидоров", "file", "отчёт.doc"),
    ):
        path = folder / MOODLE.format(name=name, number=len(name), plugin=plugin, file=file)
        path.write_text("<html><head><title>x</title></head><p>&nbsp;</p>\n", encoding="utf-8")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    for name in ("Мария Иванова", "Пётр Сидоров"):
        hand_in(folder, MOODLE.format(name=name, number=len(name), plugin="file", file=""))
    found = by_name(roster.read(folder))
    assert found["Ким Анна"].is_empty
    assert found["Ким Анна"].said == ("Handed in an empty text.",)
    for name in ("Мария Иванова", "Пётр Сидоров"):
        whole, image = roster.gathered(found[name], folder)
        assert whole is not None
        assert (whole.is_dir(), image) == (True, None)
    assert "отчёт.doc cannot be read: a report is .docx or .pdf." in found["Пётр Сидоров"].said[0]


def test_moodles_files_without_folders(folder: Path, tmp_path: Path) -> None:
    """With "download in folders" off, what one student handed in is put together again under their own names."""
    label = MOODLE.format(name="Ким Анна", number=7, plugin="file", file="")
    zipped(folder / f"{label}lab.zip")
    for name, text in (
        ("Dockerfile", DOCKERFILE),
        ("requirements.txt", "flask==3.1.3\n"),
        ("app.py", "import flask\n"),
    ):
        single = MOODLE.format(name="Пётр Сидоров", number=8, plugin="file", file=name)
        (folder / single).write_text(text, encoding="utf-8")
    found = by_name(roster.read(folder))
    assert (found["Ким Анна"].path, found["Ким Анна"].beside) == (folder / f"{label}lab.zip", ())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path, _image = roster.gathered(found["Пётр Сидоров"], scratch)
    with intake.take_in(path, None) as taken:
        assert taken.submission.context == scratch
        assert taken.submission.requirements == scratch / "requirements.txt"
        assert taken.submission.app == scratch / "app.py"


def test_moodles_archive_unpacked_into_one_more_folder(folder: Path) -> None:
    """A folder around Moodle's is entered, and said; a class of one student is not."""
    inner = folder / "Docker-Лаба 3-99"
    inner.mkdir()
    hand_in(inner, MOODLE.format(name="Ким Анна", number=7, plugin="file", file=""))
    found = roster.read(folder)
    assert [entry.name for entry in found.entries] == ["Ким Анна"]
    assert found.said == ("The class is in Docker-Лаба 3-99.",)
    assert [entry.name for entry in roster.read(inner).entries] == ["Ким Анна"]
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "link").symlink_to(inner)
    with pytest.raises(LabcheckError, match="Nobody's submission"):
        roster.read(folder / "elsewhere")


@pytest.mark.parametrize("outer", ["lab-3-submissions", "clones"])
def test_githubs_clones(tmp_path: Path, outer: str) -> None:
    """The assignment before the user's name goes."""
    folder = tmp_path / outer
    folder.mkdir()
    for name in ("lab-3-ivanov", "lab-3-ivanova-m", "lab-3-irina"):
        (hand_in(folder, name) / ".git").mkdir()
    assert {entry.name for entry in roster.read(folder).entries} == {"ivanov", "ivanova-m", "irina"}


def test_githubs_only_clone(tmp_path: Path) -> None:
    """The folder's name tells the assignment where there is nothing to compare with."""
    folder = tmp_path / "lab-3-submissions"
    folder.mkdir()
    (hand_in(folder, "lab-3-kim") / ".git").mkdir()
    assert [entry.name for entry in roster.read(folder).entries] == ["kim"]


def test_names_that_look_like_clones_stay_whole(folder: Path) -> None:
    """Where not every folder is a repository, what names have in common is part of them."""
    for name in ("иванов-иван", "иванов-пётр", "ким"):
        hand_in(folder, name)
    assert [entry.name for entry in roster.read(folder).entries] == ["иванов-иван", "иванов-пётр", "ким"]
    for name in ("иванов-иван", "иванов-пётр"):
        (folder / name / ".git").mkdir()
    assert [entry.name for entry in roster.read(folder).entries] == ["иванов-иван", "иванов-пётр", "ким"]


def test_the_newest_counts(folder: Path) -> None:
    """Of one student's attempts that one whose files are newest, whatever the folders' own times; the rest is said."""
    newest = hand_in(folder, "Пётр Сидоров", at=NEW)
    old = hand_in(folder, "сидоров  петр")
    zipped(folder / "Сидоров_Петр.zip", at=OLD - 1000)
    os.utime(newest, (OLD, OLD))
    os.utime(old, (NEW + 1000, NEW + 1000))
    (entry,) = roster.read(folder).entries
    assert entry.path == newest
    (said,) = entry.said
    assert "Пётр Сидоров of 2025-06-15" in said
    assert "left aside: Сидоров_Петр.zip, сидоров петр" in said


def test_a_zips_entries_tell_its_time(folder: Path) -> None:
    """An archive that was copied later is not newer; one with a date in the future is no newer than itself."""
    label = MOODLE.format(name="Ким Анна", number=7, plugin="file", file="{}")
    zipped(folder / label.format("first.zip"), at=OLD, changed=NEW + 500)
    second = zipped(folder / label.format("second.zip"), at=OLD + 200_000, changed=NEW)
    assert [entry.path for entry in roster.read(folder).entries] == [second]
    zipped(folder / label.format("first.zip"), at=4_000_000_000, changed=OLD)
    assert [entry.path for entry in roster.read(folder).entries] == [second]
    (folder / label.format("first.zip")).write_bytes(b"PK\x05\x06" + b"\xff" * 16 + bytes(2))
    assert len(roster.read(folder).entries) == 1


def test_attempts_of_one_time_are_told_by_name(folder: Path) -> None:
    """Unpacked without times, the later by name counts."""
    for name in ("Ким Анна", "Ким Анна (2)", "Ким Анна (10)"):
        hand_in(folder, name)
        zipped(folder / f"Пётр{name.removeprefix('Ким Анна')}.zip")
    found = [entry.path for entry in roster.read(folder).entries]
    assert found == [folder / "Ким Анна (10)", folder / "Пётр (10).zip"]


def test_namesakes_stay_two(folder: Path) -> None:
    """Two participants of one name are two; what has no number may be either's, so it stays apart."""
    for number in (7, 8):
        hand_in(folder, MOODLE.format(name="Ким Анна", number=number, plugin="file", file=""))
    assert [entry.participant for entry in roster.read(folder).entries] in (["7", "8"], ["8", "7"])
    hand_in(folder, "Анна Ким", at=NEW)
    found = roster.read(folder).entries
    assert {entry.participant for entry in found} == {"7", "8", None}
    assert len({entry.key for entry in found}) == 3


def test_a_name_alone_joins_the_only_one_with_a_number(folder: Path) -> None:
    """What came by mail is the same student's."""
    hand_in(folder, MOODLE.format(name="Ким Анна", number=7, plugin="file", file=""))
    mailed = hand_in(folder, "анна ким", at=NEW)
    (entry,) = roster.read(folder).entries
    assert (entry.participant, entry.path) == ("7", mailed)


def test_everybody_is_called_participant_where_marking_is_blind(folder: Path) -> None:
    """The number stands in for the name."""
    for number in (11, 12):
        hand_in(folder, MOODLE.format(name="Участник", number=number, plugin="file", file=""))
    assert set(by_name(roster.read(folder))) == {"Participant 11", "Participant 12"}


def test_junk_is_left_aside_and_said_once(folder: Path, tmp_path: Path) -> None:
    """What systems leave is nobody's; links are not followed; an empty folder is somebody who handed in nothing."""
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "~$report.docx", "overrides.csv"):
        (folder / name).write_bytes(b"x")
    (folder / "__MACOSX").mkdir()
    (folder / "way out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    (folder / "Ким Анна").mkdir()
    (folder / "Ким Анна" / ".DS_Store").write_bytes(b"x")
    hand_in(folder, "Пётр Сидоров")
    found = roster.read(folder)
    kim, peter = found.entries
    assert (kim.is_empty, kim.said) == (True, ("Handed in an empty folder.",))
    assert not peter.is_empty
    assert found.said == (
        "Left aside, being nobody's submission: .DS_Store, Thumbs.db, __MACOSX, desktop.ini, overrides.csv and 1 more.",
        "Left aside, being links or no files: pipe, way out.",
    )


def test_hostile_names(folder: Path) -> None:
    """Names with control characters, of any length, not even UTF-8: shown without harm, keys are plain file names."""
    for name in ("a\x1b[2J\u202ecod.exe", "я" * 127, "x\\..\\etc", "con", "=cmd()", "\n", "\r", "%s{name}"):
        hand_in(folder, name)
    os.mkdir(os.fsencode(folder) + b"/\xff\xfe")  # noqa: PTH102 - a Path cannot spell it
    found = roster.read(folder).entries
    assert len(found) == 9
    for entry in found:
        entry.name.encode()
        assert entry.name.isprintable()
        assert len(entry.name) <= names.NAME_LIMIT
        assert roster.digest(entry)


@given(st.text(alphabet=st.characters(exclude_categories=())), st.text())
def test_a_key_is_a_safe_file_name(name: str, identity: str) -> None:
    """Letters, digits and hyphens, at most 80 bytes; the identity alone tells namesakes apart."""
    key = names.key_of(name, identity)
    assert 0 < len(key.encode()) <= 80
    assert all(letter.isalnum() or letter == "-" for letter in key)
    assert not key.startswith("-")
    assert names.key_of(name, identity) == key != names.key_of(name, f"{identity}x")


def test_a_class_of_impossible_size_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More entries than any class has are somebody's whole disk: it is said, not looked through."""
    monkeypatch.setattr("labcheck.roster.folder.LIMIT", 3)
    for number in range(4):
        (folder / str(number)).mkdir()
    with pytest.raises(LabcheckError, match="more than 10000 entries"):
        roster.read(folder)


def test_what_is_no_class(folder: Path) -> None:
    """An archive is to be unpacked first, an empty folder holds nobody; each is said in a sentence."""
    with pytest.raises(LabcheckError, match="Nobody's submission"):
        roster.read(folder)
    with pytest.raises(LabcheckError, match="unpack it"):
        roster.read(zipped(folder / "class.zip"))
    with pytest.raises(LabcheckError, match="There is no"):
        roster.read(folder / "typo")
    (folder / "picture").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(LabcheckError, match="neither a folder"):
        roster.read(folder / "picture")
