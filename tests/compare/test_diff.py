"""`make diff` as its user meets it: exit codes as diff(1)'s, a page, plain diffs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from labcheck.compare import compare
from labcheck.compare.command import Comparison
from labcheck.compare.model import EQUIVALENT, MISSING, SAME
from labcheck.errors import LabcheckError
from labcheck.images.lab import CHECKOUT
from labcheck.submission import submission
from tests.compare.conftest import no_image
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from labcheck.checks.netplan import Merge
    from labcheck.images.bases import Source
    from tests.compare.conftest import Compare

# steps 113 and 127, and 108, as the lab has them
DOCKERFILE = """FROM python:3.10.6-alpine
WORKDIR /app
COPY / /app
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
"""
HELLO = """from flask import Flask

app = Flask(__name__)

@app.route('/')
def hello_world():
    return 'Hello, World!'

if __name__ == "__main__":
    app.run(debug=True, host='0.0.0.0')
"""
SYSTEMS = "\n".join(f"{name}==1.0" for name in ("python-apt", "ufw", "xkit"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The home directory of a student who did all by the lab's letter, at step 143."""
    flask = tmp_path / "home" / "tutorial" / "flask"
    flask.mkdir(parents=True)
    mutants.step143(flask)
    (flask / "Dockerfile").write_text(DOCKERFILE)
    (flask / ".dockerignore").write_text("venv/\nDockerfile\n")
    mutants.snippets(tmp_path / "home")
    return tmp_path / "home"


def run(source: Source, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m labcheck diff`, as make does."""
    command = [sys.executable, "-m", "labcheck", "diff", f"--hub={source.setting}", *options]
    environment = {**mutants.environment(source.setting), "COLUMNS": "100"}
    return subprocess.run(  # noqa: S603 - a command of ours
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_letter_of_the_lab_is_same_or_equivalent(folder: Path, compared: Compare) -> None:
    """The lab's own files, laid out as it says, are the same or equivalent, all of them (steps 2-143)."""
    found = compared(folder)
    assert {one.verdict for one in found.values()} == {SAME, EQUIVALENT}
    assert any(note.beyond for note in found["var_keeper"].notes)
    (folder / "tutorial" / "flask" / "app.py").write_text(HELLO)
    found = compared(folder)
    assert found["app.py"].verdict == EQUIVALENT
    assert [one.artefact for one in found.values() if one.verdict == MISSING] == ["var_keeper"]


def test_reference_is_the_same_as_itself(tmp_path: Path, compared: Compare) -> None:
    """The reference's own files are the same, every one."""
    mutants.reference(tmp_path)
    assert {one.verdict for one in compared(tmp_path).values()} == {SAME}


def test_same_or_equivalent_ends_with_0(folder: Path, source: Source) -> None:
    """Right by the lab's letter is exit code 0, also without the DNS section, which the lab leaves to the student."""
    shutil.rmtree(folder / "netplan")
    done = run(source, f"--submission={folder}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^≈ Dockerfile +equivalent +113 ", done.stdout, re.MULTILINE)
    assert re.search(r"^- netplan +missing +2 ", done.stdout, re.MULTILINE)


def test_different_ends_with_1_and_a_page(folder: Path, source: Source, tmp_path: Path) -> None:
    """A mistake is exit code 1, a row in the terminal, and a section of a page that loads nothing and runs nothing."""
    (folder / "tutorial" / "flask" / "requirements.txt").write_text(f"Flask==3.1.3\n{SYSTEMS}\n")
    file = tmp_path / "page.html"
    done = run(source, f"--submission={folder}", f"--html={file}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"^✗ requirements +differs +106 4 packages, 3 of them Ubuntu's", done.stdout, re.MULTILINE)
    page = BeautifulSoup(file.read_text(), "html.parser")
    assert not page.select("script, link, img, iframe, [src], [href], [onload]")
    assert "url(" not in file.read_text()
    section = next(one for one in page.find_all("section") if "requirements" in one.get_text())
    assert "106" in section.get_text()
    assert "python-apt==1.0" in section.get_text()


def test_a_folder_without_a_dockerfile(folder: Path, source: Source) -> None:
    """What is there is compared, and the Dockerfile is missing (step 113)."""
    (folder / "tutorial" / "flask" / "Dockerfile").unlink()
    done = run(source, f"--submission={folder}")
    assert done.returncode == 1, done.stdout + done.stderr
    rows = dict(re.findall(r"^\S (\S+) +(\w+) ", done.stdout, re.MULTILINE))
    assert (rows["Dockerfile"], rows["requirements"], rows["content"]) == ("missing", "same", "same"), done.stdout


def test_trouble_ends_with_2(source: Source, tmp_path: Path) -> None:
    """Nothing of the lab's, a folder that is not there, a page that cannot be written: exit code 2 and a sentence."""
    for options in ([f"--submission={tmp_path}"], [f"--submission={tmp_path / 'none'}"], []):
        done = run(source, *options)
        assert done.returncode == 2, done.stdout
        assert done.stderr.startswith(("Error:", "Bases:")), done.stderr
        assert "Traceback" not in done.stderr


def test_generator_out_of_reach_is_trouble(folder: Path) -> None:
    """Where netplan's generator is not to be had, changed DNS files are not compared: exit code 2, the rest is told."""
    snippet = folder / "netplan" / "01-dns.yaml"
    snippet.write_text(snippet.read_text().replace("8.8.8.8", "1.1.1.1"))

    def merge(files: dict[str, bytes]) -> dict[str, Any]:
        raise LabcheckError(str(len(files)))

    mine = submission.in_folders("student", folder)
    found = compare(mine, submission.reference(CHECKOUT), merge=merge, look=no_image)
    assert Comparison("student", found).exit_code == 2
    assert [one.artefact for one in found if not one.is_right] == ["netplan"]


def test_raw_is_plain_unified_diffs(folder: Path, source: Source) -> None:
    """RAW=1 prints what diff -u would, the student's paths and nothing else; patch(1)'s format, no colours."""
    done = run(source, f"--submission={folder}", "--raw")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "--- reference/tutorial/flask/Dockerfile" in lines
    assert "+++ tutorial/flask/Dockerfile" in lines
    assert "+COPY / /app" in lines
    assert "-COPY app.py /app/" in lines
    assert {line[:1] for line in lines} <= {"-", "+", "@", " "}


def test_image_that_is_not_to_be_had_blames_nobody(folder: Path, merge: Merge) -> None:
    """Where our side cannot get at an image, its row says so, and the folder's rows stand."""
    mine = submission.in_folders("student", folder)
    mine = replace(mine, image="student/nothing", image_trouble="The registry is out of reach.")
    found = compare(mine, submission.reference(CHECKOUT), merge=merge, look=no_image)
    assert [one.artefact for one in found if not one.is_right] == ["image"]
    assert Comparison("student", found).exit_code == 2
