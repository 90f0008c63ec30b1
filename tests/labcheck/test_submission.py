"""What was handed in is found by its content, whatever the folders are called."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from labcheck.checks.staging import FOLDER_BYTES, MARK, environment_names, stage
from labcheck.checks.verdicts import UngradableError
from labcheck.errors import LabcheckError
from labcheck.submission import submission
from labcheck.submission.student_file import TEXT_LIMIT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path


def test_the_labs_own_layout_is_found(tmp_path: Path) -> None:
    """~/tutorial/flask, ~/content and the netplan files; app.py that speaks to MySQL is var_keeper (step 135)."""
    flask = tmp_path / "tutorial" / "flask"
    flask.mkdir(parents=True)
    mutants.step143(flask)
    mutants.snippets(tmp_path)
    found = submission.read(tmp_path)
    assert (found.context, found.dockerfile) == (flask, "Dockerfile")
    assert found.app is None
    assert found.app_is_keeper
    assert found.keeper == flask / "app.py"
    assert (found.content, found.netplan) == (tmp_path / "content", tmp_path / "netplan")
    assert found.missing == []


def test_hello_and_keeper_in_folders_of_their_own(tmp_path: Path) -> None:
    """Both apps, each with its Dockerfile: the hello app's folder is the build context."""
    (tmp_path / "Лаба 3").mkdir()
    mutants.student(tmp_path / "Лаба 3")
    mutants.keeper(tmp_path)
    found = submission.read(tmp_path)
    assert found.context == tmp_path / "Лаба 3"
    assert (found.keeper, found.keeper_dockerfile) == (tmp_path / "keeper" / "app.py", "Dockerfile")
    assert not found.app_is_keeper
    assert found.missing == ["netplan", "content"]


def test_the_alpine_dockerfile_counts_where_there_are_several(tmp_path: Path) -> None:
    """Step 127 comes last; a backup or a text file is no Dockerfile."""
    mutants.student(tmp_path)
    for name in ("Dockerfile.alpine", "Dockerfile.bak", "Dockerfile.txt"):
        (tmp_path / name).write_text("FROM scratch\n")
    assert submission.read(tmp_path).dockerfiles == ("Dockerfile.alpine", "Dockerfile")


@pytest.mark.parametrize("name", ["Dockerfile-alpine", "Dockerfile_alpine", "dockerfile.alpine", "Dockerfile alpine"])
@pytest.mark.parametrize("beside", ["Dockerfile", "README.md"])
def test_a_name_that_is_almost_the_alpine_one_is_told(tmp_path: Path, name: str, beside: str) -> None:
    """It is not built, beside a Dockerfile neither (step 127): the student is to read why."""
    mutants.student(tmp_path)
    (tmp_path / name).write_text((tmp_path / "Dockerfile").read_text())
    (tmp_path / "Dockerfile").rename(tmp_path / beside)
    found = submission.read(tmp_path)
    assert (found.context, found.misnamed) == (tmp_path, (name,))
    assert found.dockerfiles == (("Dockerfile",) if beside == "Dockerfile" else ())


@pytest.mark.parametrize("name", ["Dockerfile-old", "Dockerfile-report.docx", "Dockerfile.alpine", "Dockerfile-slim"])
def test_what_else_lies_beside_a_dockerfile_is_not_told(tmp_path: Path, name: str) -> None:
    """A copy of one's own, a report, or the same beside the right name, mislead nobody."""
    mutants.student(tmp_path)
    for made in (name, "Dockerfile.slim"):
        (tmp_path / made).write_text("FROM python:3.10.6-slim\n")
    assert submission.read(tmp_path).misnamed == ()


def test_links_and_environments_are_not_entered(tmp_path: Path) -> None:
    """A virtual environment is noted by its mark, whatever it is called; a link leads nowhere."""
    mutants.student(tmp_path)
    for folder in ("окружение", "ven"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pyvenv.cfg").touch()
        (tmp_path / folder / "Dockerfile").touch()
    (tmp_path / "away").symlink_to("/etc")
    found = submission.read(tmp_path)
    assert found.environments == ("ven", "окружение")
    assert found.dockerfiles == ("Dockerfile",)


@pytest.mark.parametrize(
    ("ignored", "name"),
    [
        ("venv/", "venv"),
        ("ven", "ven"),
        ("**/.venv", ".venv"),
        ("/env/**", "env"),
        ("*.pyc", "venv"),
        ("venvs", "venv"),
        (".env", "venv"),
    ],
)
def test_environment_that_was_not_handed_in_is_called_as_the_ignore_file_says(
    tmp_path: Path, ignored: str, name: str
) -> None:
    """Hardly anybody zips the environment: the ignore file tells its name, else it is the lab's, venv (step 105)."""
    mutants.student(tmp_path)
    (tmp_path / ".dockerignore").write_text(f"Dockerfile\n{ignored}\n")
    assert environment_names(submission.read(tmp_path)) == [name]


def test_an_ignore_file_without_end_is_not_read(tmp_path: Path) -> None:
    """It is not taken into memory: the environment has the lab's name (step 123)."""
    mutants.student(tmp_path)
    (tmp_path / ".dockerignore").write_text("ven/\n" * TEXT_LIMIT)
    assert environment_names(submission.read(tmp_path)) == ["venv"]


def test_build_context_is_staged_with_marked_junk(tmp_path: Path) -> None:
    """A big environment is replaced by a small marked one; files and links stay as they are."""
    home = tmp_path / "home"
    home.mkdir()
    mutants.student(home)
    (home / "venv").mkdir()
    for name in ("pyvenv.cfg", "big"):
        (home / "venv" / name).write_text("x" * 1000)
    (home / "link").symlink_to("app.py")
    staged = stage(submission.read(home), tmp_path / "staged")
    assert (staged / "app.py").read_text() == (home / "app.py").read_text()
    assert (staged / "link").is_symlink()
    assert {path.name for path in (staged / "venv").iterdir()} == {"pyvenv.cfg", MARK}
    assert (staged / ".git" / MARK).exists()


def test_a_file_of_settings_is_no_environment(tmp_path: Path) -> None:
    """A file .env that is ignored, as such files are, gives no points for the environment (step 123)."""
    home = tmp_path / "home"
    home.mkdir()
    mutants.student(home)
    (home / ".dockerignore").write_text(".env\n")
    (home / ".env").write_text("PORT=5000\n")
    staged = stage(submission.read(home), tmp_path / "staged")
    assert (staged / ".env").read_text() == "PORT=5000\n"
    assert (staged / "venv" / MARK).exists()


@pytest.mark.parametrize("taken", ["file", "link", "mark"])
def test_nothing_is_written_through_what_was_handed_in(tmp_path: Path, taken: str) -> None:
    """What has the environment's name, or a lent file's, is replaced: no link leads out of the staged folder."""
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    mutants.student(home)
    (home / "requirements.txt").rename(tmp_path / "requirements.txt")
    (home / "requirements.txt").symlink_to(outside / "requirements.txt")
    if taken == "file":
        (home / "venv").write_text("no folder\n")
    elif taken == "link":
        (home / "venv").symlink_to(outside)
    else:
        (home / "venv").mkdir()
        (home / "venv" / MARK).symlink_to(outside / "written")
    lent = replace(submission.read(home), lent=(tmp_path / "requirements.txt",))
    staged = stage(lent, tmp_path / "staged")
    assert (staged / "venv" / MARK).read_text() == "venv"
    assert (staged / "requirements.txt").read_text() == (tmp_path / "requirements.txt").read_text()
    assert list(outside.iterdir()) == []


def test_a_folder_without_anything_of_the_lab_is_an_error(tmp_path: Path) -> None:
    """Said in a sentence, with the folder's name."""
    (tmp_path / "essay.txt").write_text("Docker\n")
    with pytest.raises(LabcheckError, match=r"Nothing of the lab is in .*"):
        submission.read(tmp_path)


def test_pipes_stay_behind_and_films_are_refused(tmp_path: Path) -> None:
    """Nothing of a build context makes us wait for ever, or fills the disk; a sparse file has its whole size."""
    home = tmp_path / "home"
    home.mkdir()
    mutants.student(home)
    os.mkfifo(home / "pipe")
    staged = stage(submission.read(home), tmp_path / "staged")
    assert not (staged / "pipe").exists()
    with (home / "film").open("wb") as film:
        film.truncate(FOLDER_BYTES)
    with pytest.raises(UngradableError, match="more than 2 GB"):
        stage(submission.read(home), tmp_path / "again")
