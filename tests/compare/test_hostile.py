"""Students' files are untrusted: whatever is in them, a comparison ends, soon, with a sentence, and runs nothing."""

from __future__ import annotations

import io
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from labcheck.compare import command as diff
from labcheck.compare import commands, compare, hello, ignore, keeper
from labcheck.compare.command import Comparison
from labcheck.compare.ignore import Ignore
from labcheck.compare.model import DIFFERS, MISSING, UNKNOWN
from labcheck.compare.stages import Build
from labcheck.images.lab import CHECKOUT
from labcheck.submission import submission
from labcheck.submission.student_file import StudentFileError
from tests.compare.conftest import no_image
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.checks.netplan import Merge
    from labcheck.compare.model import Finding

pytestmark = pytest.mark.timeout(60)  # what hangs is to fail
SECONDS = 10
DEEP = 50_000
EVIL = "\x1b]0;owned\x07\x1b[2J<script>alert(1)</script>\u202e\u0000"
PAGE = '<h1 style="color: blue">Hello from the local directory</h1>'
# file, what is in it, the artefact that is to tell
HOSTILE = {
    "app-of-minuses": ("app.py", "-" * DEEP + "1 # flask", "app.py"),
    "app-of-brackets": ("app.py", "(" * DEEP + " # flask", "app.py"),
    "app-of-calls": ("app.py", "flask" + "()" * DEEP, "app.py"),
    "app-of-sums": ("app.py", "flask = 1" + "+1" * DEEP, "app.py"),
    "app-with-nul": ("app.py", "import flask\0", "app.py"),
    "app-too-long": ("app.py", "import flask\n" * DEEP, "app.py"),
    "app-with-a-long-number": ("app.py", "flask = " + "1" * DEEP, "app.py"),
    "dockerfile-that-goes-on": ("Dockerfile", "FROM a\n" + "RUN x \\\n" * DEEP, "Dockerfile"),
    "dockerfile-of-copies": ("Dockerfile", "FROM a\n" + "COPY . b\n" * 2000, "Dockerfile"),
    "dockerfile-of-variables": ("Dockerfile", "FROM a\nENV A=x\n" + "ENV A=$A$A$A$A\n" * 40, "Dockerfile"),
    "dockerfile-of-steering": ("Dockerfile", f"FROM {EVIL}\nCMD {EVIL}\n", "Dockerfile"),
    "dockerfile-without-end": ("Dockerfile", "FROM a\nRUN <<EOF\n", "Dockerfile"),
    "dockerfile-empty": ("Dockerfile", "", "Dockerfile"),
    "ignore-of-stars": (".dockerignore", "*a" * 400 + "b\n" + "**/" * 400 + "x\n", ".dockerignore"),
    "ignore-of-many": (".dockerignore", "x\n" * DEEP, ".dockerignore"),
    "ignore-of-brackets": (".dockerignore", "[\n[]\n[z-a]\n\\\n!\n[!\n", ".dockerignore"),
    "requirements-of-spaces": ("requirements.txt", " " * 15_000 + "x", "requirements"),
    "requirements-too-long": ("requirements.txt", "flask==1\n" * DEEP, "requirements"),
    "requirements-of-steering": ("requirements.txt", f"Flask==3.1.3\n{EVIL}", "requirements"),
    "requirements-in-no-encoding": ("requirements.txt", "# coding: klingon\nFlask==1", "requirements"),
    "page-of-boxes": ("content/index.html", "<div>" * 5000 + PAGE, "content"),
    "page-of-openings": ("content/index.html", "<h1 <!-- <![" * 3000, "content"),
    "page-of-steering": ("content/index.html", PAGE + EVIL, "content"),
    "netplan-of-anchors": (
        "netplan/01-dns.yaml",
        "network:\n  a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"  {b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "netplan",
    ),
    "netplan-of-brackets": ("netplan/01-dns.yaml", "network: " + "[" * 9000, "netplan"),
    "netplan-no-mapping": ("netplan/01-dns.yaml", "network:\n- 1\n", "netplan"),
}


def shown(found: list[Finding]) -> str:
    """Return what the terminal is sent."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    diff.show(Comparison("student", found), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("name", HOSTILE)
def test_comparison_ends_with_a_sentence(name: str, tmp_path: Path, merge: Merge) -> None:
    """A file made to hang, to crash or to fill the memory differs, with a sentence, within seconds."""
    file, text, artefact = HOSTILE[name]
    mutants.student(tmp_path)
    mutants.snippets(tmp_path)
    (tmp_path / file).write_text(text)
    began = time.monotonic()
    mine = submission.in_folders("student", tmp_path)
    found = compare(mine, submission.reference(CHECKOUT), merge=merge, look=no_image)
    assert time.monotonic() - began < SECONDS
    told = next(one for one in found if one.artefact == artefact)
    assert told.verdict == DIFFERS, told
    assert told.summary
    assert not [one for one in found if one.verdict == UNKNOWN]
    printed = shown(found)
    assert not {letter for letter in printed if not letter.isprintable()} - {"\n"}
    page = diff.page(Comparison("student", found))
    assert "<script" not in page
    assert not {letter for letter in page if not letter.isprintable()} - {"\n"}


def test_generator_outlives_hostile_files(merge: Merge) -> None:
    """After all of that the container of netplan's generator still answers."""
    assert merge({"a.yaml": b"network: {version: 2}"})["error"] == ""


def test_names_are_escaped() -> None:
    """A student's name, as that of a folder, steers neither a terminal nor a browser."""
    page = diff.page(Comparison(EVIL, []))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page


def test_links_are_not_followed(tmp_path: Path, merge: Merge) -> None:
    """A link in a submission that leads to a file of this machine shows nothing of it (113, 123)."""
    secret = tmp_path / "secret"
    secret.write_text("of this machine")
    folder = tmp_path / "student"
    folder.mkdir()
    mutants.student(folder)
    (folder / ".dockerignore").unlink()
    (folder / ".dockerignore").symlink_to(secret)
    (folder / "linked.txt").symlink_to(secret)
    mine = submission.in_folders("student", folder)
    found = compare(mine, submission.reference(CHECKOUT), merge=merge, look=no_image)
    assert next(one for one in found if one.artefact == ".dockerignore").verdict == DIFFERS
    assert "of this machine" not in shown(found) + diff.page(Comparison("student", found))


def test_pipes_are_not_waited_for(tmp_path: Path, merge: Merge) -> None:
    """A named pipe in the place of a file is not opened: nobody would write to it."""
    mutants.student(tmp_path)
    (tmp_path / ".dockerignore").unlink()
    os.mkfifo(tmp_path / ".dockerignore")
    mine = submission.in_folders("student", tmp_path)
    found = compare(mine, submission.reference(CHECKOUT), merge=merge, look=no_image)
    assert next(one for one in found if one.artefact == ".dockerignore").verdict in {DIFFERS, MISSING}


WORDS = st.sampled_from(
    [
        *("FROM", "COPY", "RUN", "CMD", "ENTRYPOINT", "ENV", "ARG", "WORKDIR", "AS", "--from=0", "<<EOF", "EOF"),
        *("\\", "\n", "\t", "\r", '["a"]', "[", '"', "'", "=", "$A", "${A:-b}", ".", "/", "*", "#", "# escape=`"),
        *("pip install", "-r"),
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS | st.text(max_size=5), max_size=40).map(" ".join))
def test_any_dockerfile_is_read_or_refused(text: str) -> None:
    """Whatever words stand in a Dockerfile, it is followed or refused with a sentence."""
    with suppress(StudentFileError):
        build = Build("FROM python:3.10.6\n" + text, ["app.py", "a/b"], Ignore())
        assert build.base
        for run in build.runs:
            assert all(commands.is_harmless(words) in {True, False} for words in commands.simple(run.command))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab/*?[]!^-\\. #\n", max_size=60))
def test_any_ignore_file_is_read(text: str) -> None:
    """Whatever patterns stand in an ignore file, it says of a path whether it is ignored."""
    assert ignore.parse(text).ignores("a/b") in {True, False}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_app_is_told_about(text: str) -> None:
    """Whatever stands in an app.py, what is said of it is a sentence."""
    assert hello.compare(text, "x = 1").summary
    assert keeper.compare(text, "x = 1").summary
