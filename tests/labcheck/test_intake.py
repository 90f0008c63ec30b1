"""What is handed in is taken in whatever its shape, and what cannot be opened is said in a sentence."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest

from labcheck.errors import LabcheckError, UnreadableError
from labcheck.submission import intake
from tests.mutants import mutant as mutants


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A student's folder, all of it right, in a folder of their name."""
    folder = tmp_path / "Мария Иванова"
    flask = folder / "tutorial" / "flask"
    flask.mkdir(parents=True)
    mutants.step143(flask)
    mutants.snippets(folder)
    return folder


@pytest.mark.parametrize("kind", ["zip", "gztar", "tar"])
def test_an_archive_of_a_folder(lab: Path, tmp_path: Path, kind: str) -> None:
    """It is as good as the folder, and its files can be read by whatever serves them."""
    packed = Path(shutil.make_archive(str(tmp_path / "лаба 3"), kind, lab.parent, lab.name))
    with intake.take_in(packed, None) as taken:
        assert taken.submission.missing == []
        dockerfile = taken.submission.context / "Dockerfile"  # type: ignore[operator] # there is one: nothing is missing
        assert dockerfile.stat().st_mode & 0o044 == 0o044
        assert taken.place(dockerfile) == f"{packed.name}: tutorial/flask/Dockerfile"
    assert not dockerfile.exists()


def test_an_archive_in_a_folder(lab: Path, tmp_path: Path) -> None:
    """Moodle puts what was handed in into a folder: the archive there is opened, whatever lies beside it."""
    moodle = tmp_path / "Иванова Мария_1234567_assignsubmission_file_"
    moodle.mkdir()
    shutil.make_archive(str(moodle / "lab"), "zip", lab)
    (moodle / "photo.rar").write_bytes(b"Rar!\x1a\x07\x01\0")
    with intake.take_in(moodle, None) as taken:
        assert taken.submission.missing == []
        assert taken.submission.name == moodle.name
        assert any("photo.rar is a .rar archive" in note for note in taken.submission.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("report.md", "Образ: `ivanova/var_keeper:latest`\n"),
        ("отчёт.txt", "docker pull ivanova/var_keeper\n"),
        ("report.html", "<html><a href='https://hub.docker.com/r/ivanova/var_keeper'>образ</a></html>"),
        ("line.csv", "name,image\nЖижин,https://hub.docker.com/r/ivanova/var_keeper\n"),
        ("excel.csv", "Иванова Мария;ivanova/var_keeper:latest\n"),
    ],
)
def test_a_report_names_the_image(tmp_path: Path, name: str, text: str) -> None:
    """The lab asks for the image's full name in the report (after step 148); a CSV line has it too."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with intake.take_in(tmp_path / name, None) as taken:
        assert str(taken.submission.image).removesuffix(":latest") == "ivanova/var_keeper"


def test_a_report_beside_a_folder(lab: Path) -> None:
    """Folder and report together: the image that it names decides the area keeper."""
    (lab / "report.md").write_text("Образ: `ivanova/var_keeper:latest`\n", encoding="utf-8")
    (lab / "old report.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with intake.take_in(lab, None) as taken:
        assert taken.submission.image == "ivanova/var_keeper:latest"
        assert taken.submission.missing == []
        notes = "\n".join(taken.submission.notes)
        assert "report.md names the image ivanova/var_keeper:latest" in notes
        assert "old report.doc cannot be read" in notes


def test_an_image_named_beside_it_comes_first(lab: Path) -> None:
    """What the instructor types counts before what the report says; an address of Docker Hub is understood."""
    (lab / "report.md").write_text("Образ: `ivanova/var_keeper:latest`\n", encoding="utf-8")
    with intake.take_in(lab, "https://hub.docker.com/r/petrova/keeper") as taken:
        assert str(taken.submission.image).startswith("petrova/keeper")


@pytest.mark.parametrize("header", ["", "name,image,path\n", "ФИО,Образ\n"])
def test_a_line_leads_nowhere_else(lab: Path, header: str) -> None:
    """`name,image` is one student; a path in it is not followed: it may lead to a neighbour's work, or any file."""
    line = lab.parent / "line.csv"
    line.write_text(f"{header}Мария,ivanova/var_keeper,{lab.name}\n", encoding="utf-8")
    with intake.take_in(line, None) as taken:
        assert taken.submission.name == "Мария"
        assert taken.submission.image == "ivanova/var_keeper"
        assert taken.submission.context is None
        assert list(taken.roots) == []
    line.write_text(f"Мария,,{lab.name}\n", encoding="utf-8")
    with pytest.raises(LabcheckError, match="names a path, which is not followed"), intake.take_in(line, None):
        pass


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("film.mp4", bytes(100_000), "is neither an archive nor a report"),
        ("lab.rar", b"Rar!\x1a\x07\x01\0", "hand in the same folder as .zip"),
        ("lab.7z", b"7z\xbc\xaf\x27\x1c\0\4", "hand in the same folder as .zip"),
        ("report.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .docx or .pdf"),
        ("empty.zip", b"", "is neither an archive nor a report"),
    ],
)
def test_what_cannot_be_opened(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """It is never 0 points: a sentence says what to hand in instead."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableError, match=said), intake.take_in(tmp_path / name, None):
        pass


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("essay.txt", "Docker is a tool.\n", "essay.txt names no image"),
        ("class.csv", "a,x/var_keeper\nb,y/var_keeper\n", "class.csv has 2 students"),
        ("line.csv", "a,,\n", "Nothing of the lab is in"),
    ],
)
def test_what_says_nothing(tmp_path: Path, name: str, text: str, said: str) -> None:
    """A report without an image, a list of many, a path that leads nowhere."""
    (tmp_path / name).write_text(text)
    with pytest.raises(LabcheckError, match=said), intake.take_in(tmp_path / name, None):
        pass


def test_a_folder_of_what_cannot_be_opened(tmp_path: Path) -> None:
    """The reason is said, not only that nothing was found."""
    (tmp_path / "lab.rar").write_bytes(b"Rar!\x1a\x07\x01\0")
    with pytest.raises(LabcheckError, match=r"lab\.rar is a \.rar archive"), intake.take_in(tmp_path, None):
        pass


def test_nothing_stays(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was unpacked goes, also where nothing of the lab was in it."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    with zipfile.ZipFile(tmp_path / "essay.zip", "w") as archive:
        archive.writestr("essay/text", "Docker")
    with pytest.raises(LabcheckError), intake.take_in(tmp_path / "essay.zip", None):
        pass
    with intake.take_in(Path(shutil.make_archive(str(tmp_path / "lab"), "zip", lab)), None):
        assert list(work.iterdir())
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("locked", ["", "tutorial", "tutorial/flask/app.py"])
def test_what_we_may_not_read(lab: Path, locked: str) -> None:
    """A folder or a file without read rights is a sentence with its name."""
    us = os.geteuid()
    with tempfile.TemporaryDirectory() as directory:  # pytest's own are closed to others
        Path(directory).chmod(0o755)
        closed = Path(shutil.copytree(lab, Path(directory) / lab.name)) / locked
        closed.chmod(0)
        if us == 0:  # whom nothing is closed to
            os.seteuid(65534)
        try:
            with pytest.raises(LabcheckError) as raised, intake.take_in(Path(directory) / lab.name, None):
                pass
        finally:
            os.seteuid(us)
            closed.chmod(0o755)
    assert str(raised.value).startswith(f"{closed} cannot be read: Permission denied")
