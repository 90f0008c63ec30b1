"""A Dockerfile compared by what its build would come to (lab steps 113, 118, 122, 127)."""

from __future__ import annotations

import time

import pytest

from labcheck.compare import dockerfile
from labcheck.compare.ignore import Ignore, parse
from labcheck.compare.model import DIFFERS, EQUIVALENT, SAME, Finding
from labcheck.compare.stages import Build
from labcheck.images.lab import CHECKOUT
from labcheck.submission.student_file import StudentFileError

REFERENCE = (CHECKOUT / "Dockerfile.alpine").read_text()
FILES = ["app.py", "requirements.txt", "static/style.css", "venv/pyvenv.cfg"]
LABS = """FROM python:3.10.6-alpine
WORKDIR /app
COPY / /app
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
"""
# what is changed in the lab's file, the step, and what is said of it
WRONG = {
    ("COPY / /app", "COPY app.py requirement.txt /app/"): (113, "requirement.txt"),
    ("COPY / /app", "COPY static /app"): (113, "app.py"),
    ("COPY / /app\nRUN pip install -r requirements.txt", "RUN pip install -r requirements.txt\nCOPY / /app"): (
        113,
        "when pip looks",
    ),
    ("-r requirements.txt", "-r requirement.txt"): (113, "file is called requirements.txt"),
    ("WORKDIR /app\n", ""): (113, "working directory is /"),
    ("RUN pip install -r requirements.txt\n", ""): (113, "flask"),
    ("RUN pip", "RUN apk add --no-cache gcc musl-dev && pip"): (128, "Compilers"),
    ("RUN pip", "RUN wget http://example.org/x && pip"): (128, "wget"),
    ("python:3.10.6-alpine", "ubuntu:22.04"): (113, "official Python"),
    ("python:3.10.6-alpine", "python:2.7"): (113, "Python 2"),
    ('CMD [ "app.py" ]', 'CMD [ "main.py" ]'): (113, "main.py"),
    ('[ "python" ]', "[ 'python' ]"): (113, "list in brackets"),
}
# what is changed in the lab's file, and why it comes to the same
RIGHT = {
    ("python:3", "mirror.example.org/library/python:3"): "mirror",
    ("COPY / /app", "ADD ./ ."): "same place",
    ("COPY / /app", "COPY *.py req*.txt ./"): "same place",
    ("COPY / /app", 'COPY ["app.py", "requirements.txt", "/app/"]'): "same place",
    ("WORKDIR /app", "ENV HOME_OF=/app\nWORKDIR $HOME_OF"): "More instructions",
    ("RUN pip", "RUN pip install --upgrade pip\nRUN python3 -m pip"): "same place",
    ("-r requirements.txt", "Flask==3.1.3"): "are named here",
    ('CMD [ "app.py" ]', 'CMD [ "/app/app.py" ]'): "starts the same",
    ('[ "python" ]', '[ "python3", "-u" ]'): "starts the same",
    ("FROM python:3.10.6-alpine", "FROM python:3.10.6-alpine AS base\nFROM base"): "several stages",
}


def compared(text: str, ignored: Ignore = Ignore()) -> Finding:  # noqa: B008 - it cannot be changed
    """Return what is said of a Dockerfile beside the reference's."""
    return dockerfile.compare("Dockerfile", text, Build(text, FILES, ignored), REFERENCE)


@pytest.mark.parametrize("change", WRONG)
def test_mistake_has_its_step(change: tuple[str, str]) -> None:
    """A mistake in a Dockerfile is told first, with its step and what it is about."""
    assert change[0] in LABS
    found = compared(LABS.replace(*change))
    step, words = WRONG[change]
    assert (found.verdict, found.step) == (DIFFERS, step), found
    assert words in found.summary


@pytest.mark.parametrize("change", RIGHT)
def test_other_way_is_equivalent(change: tuple[str, str]) -> None:
    """Another way to the same image is equivalent, and why is said."""
    assert change[0] in LABS
    found = compared(LABS.replace(*change))
    assert found.verdict == EQUIVALENT, found
    assert any(RIGHT[change] in note.says for note in found.notes), found.notes


def test_what_is_ignored_cannot_be_copied() -> None:
    """A file that .dockerignore keeps out is not there for COPY (123)."""
    found = compared(LABS, parse("app.py"))
    assert (found.verdict, found.step) == (DIFFERS, 113)


def test_reference_is_the_same() -> None:
    """The reference's text is the same; with other comments alone it is equivalent, without a note."""
    files = [*FILES, "flask_app/app.py"]
    assert dockerfile.compare("Dockerfile", REFERENCE, Build(REFERENCE, files, Ignore()), REFERENCE).verdict == SAME
    text = REFERENCE.replace("# dependencies", "# my dependencies").replace("\n", "\r\n")
    found = dockerfile.compare("Dockerfile", text, Build(text, files, Ignore()), REFERENCE)
    assert (found.verdict, found.notes) == (EQUIVALENT, ())


def test_advice_names_what_only_the_reference_does() -> None:
    """The lab's own file gets four pieces of advice, and no blame (113, 116, 118)."""
    advice = [note.step for note in compared(LABS).notes if note.beyond]
    assert advice == [113, 116, 118, 118]


@pytest.mark.parametrize(
    "text", ["FROM a\n" + "COPY . b\n" * 2000, "FROM a\nCOPY " + "a " * 5000, "FROM a\n" + "COPY . b\nFROM 0\n" * 40]
)
def test_what_would_take_long_is_refused(text: str) -> None:
    """A file of more instructions than anybody writes is refused at once, however many files there are."""
    began = time.process_time()
    with pytest.raises(StudentFileError):
        Build(text, [f"f{number}" for number in range(2000)], Ignore())
    assert time.process_time() - began < 5
