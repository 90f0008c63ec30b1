"""The four verdicts of a check, and what a run of the rubric says to people and to programs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from labcheck.checks.verdicts import FAILED, PASSED, SKIPPED, UNGRADABLE, mismatch
from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A student's folder, right so far."""
    made = tmp_path / "student"
    made.mkdir()
    mutants.student(made)
    return made


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _grade(folder: Path, source: Source, *options: str) -> dict[str, Any]:
    results = folder.parent / "results.json"
    return mutants.grade(results, f"--submission={folder}", "--scored-only", *options, hub=source.setting)


def test_what_needs_the_image_is_skipped_when_the_build_failed(folder: Path, source: Source) -> None:
    """One check fails, those of the image are skipped and say why; the score is what the others earned."""
    _change(folder / "Dockerfile", "COPY / /app", "COPY /nothing /app")
    graded = _grade(folder, source, "--areas=requirements,build,run,size,dockerignore")
    assert mutants.verdicts(graded, FAILED) == {"build.dockerfile_builds"}
    assert {"run.app_starts", "size.image_is_small_for_its_base"} < mutants.verdicts(graded, SKIPPED)
    assert mutants.verdicts(graded, UNGRADABLE) == set()
    skipped = [check for check in graded["checks"] if check["verdict"] == SKIPPED]
    (title,) = [check["title"] for check in graded["checks"] if check["verdict"] == FAILED]
    assert all(title in check["actual"] for check in skipped if check["area"] != "requirements")
    passed = [check for check in graded["checks"] if check["verdict"] == PASSED]
    assert graded["score"] == sum(check["max_points"] for check in passed) < graded["max_score"]
    assert graded["first_failed_step"] == 114


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("FROM python:3.10.6-alpine", "FROM registry.invalid/somebody/python-of-mine:1"), "python-of-mine"),
        (("RUN PYTHON", "RUN --mount=type=cache,target=/root/.cache PYTHON"), "BuildKit"),
    ],
    ids=["base-out-of-reach", "buildkit-only"],
)
def test_our_side_s_trouble_is_ungradable(folder: Path, source: Source, change: tuple[str, str], reason: str) -> None:
    """What we cannot have is no mistake of the student's: no check fails, and the run is not green either."""
    _change(folder / "Dockerfile", *change)
    graded = _grade(folder, source, "--areas=build,run")
    assert mutants.verdicts(graded, FAILED) == set()
    assert mutants.verdicts(graded, UNGRADABLE) == {check["id"] for check in graded["checks"]}
    assert all(reason in check["actual"] for check in graded["checks"])
    assert "error" in graded["output"].splitlines()[-1]


def test_files_without_end_are_the_students(folder: Path, source: Source) -> None:
    """A list and an app of a megabyte are not read: their checks fail and say why (steps 111, 135)."""
    (folder / "requirements.txt").write_text("# Flask\n" * 10**6)
    (folder / "keeper").mkdir()
    (folder / "keeper" / "app.py").write_text("import flask, mysql.connector\n" * 10**5)
    graded = _grade(folder, source, "--areas=requirements,keeper")
    assert mutants.verdicts(graded, UNGRADABLE) == set(), graded["output"]
    said = {check["id"]: check["actual"] for check in graded["checks"] if check["verdict"] == FAILED}
    assert "requirements.txt has 8000000 bytes" in said["requirements.flask_is_listed"]
    assert "app.py has 3000000 bytes" in said["keeper.image"]


def test_what_a_student_said_is_cut() -> None:
    """No report bears megabytes, or letters that steer a terminal, whoever wrote them."""
    said = mismatch("x" * 10**6, "\x1b[31m" + "y" * 10**6, "z" * 10**6)
    assert all(len(text) < 5000 for text in (said.expected, said.actual, said.hint))
    assert "\x1b" not in str(said)


def test_failed_check_shows_words_and_the_containers_last_lines(folder: Path, source: Source) -> None:
    """Title, expected, actual and hint; then the container's log; nothing of the test's source."""
    _change(folder / "app.py", "Hello, World!", "Hello")
    graded = _grade(folder, source, "--areas=run")
    output = graded["output"]
    (check,) = [check for check in graded["checks"] if check["id"] == "run.answers_on_the_published_port"]
    assert (check["expected"], check["actual"]) == ("Hello, World!", "200 'Hello'")
    for text in (check["title"], "expected: Hello, World!", "actual: 200 'Hello'", f"hint: {check['hint']}"):
        assert text in output
    assert "last lines of" in output
    assert "Running on all addresses" in output
    assert "assert" not in output.lower()


def test_wrong_netplan_key_is_reported_with_line_and_column(tmp_path: Path, source: Source) -> None:
    """The generator's own words, file, line and column, are what the student reads (step 2)."""
    mutants.snippets(tmp_path)
    _change(tmp_path / "netplan" / "01-dns.yaml", "nameservers", "nameserver")
    graded = mutants.grade(tmp_path / "results.json", f"--submission={tmp_path}", "--areas=netplan", hub=source.setting)
    (check,) = [check for check in graded["checks"] if check["verdict"] == FAILED]
    assert "01-dns.yaml:4:7: Error" in check["actual"]
    assert "unknown key 'nameserver'" in check["actual"]


def test_a_page_for_its_owner_alone_is_served(tmp_path: Path, source: Source) -> None:
    """Nginx reads it as another user (step 81); modes change on the way here. The student's file stays as it is."""
    mutants.snippets(tmp_path)
    content = tmp_path / "content"
    (content / "index.html").chmod(0o600)
    content.chmod(0o700)
    graded = mutants.grade(tmp_path / "results.json", f"--submission={tmp_path}", "--areas=content", hub=source.setting)
    assert mutants.verdicts(graded, PASSED) == {check["id"] for check in graded["checks"]}, graded["output"]
    assert [path.stat().st_mode & 0o777 for path in (content, content / "index.html")] == [0o700, 0o600]


def test_a_long_file_beside_the_snippet_costs_nothing(tmp_path: Path, source: Source) -> None:
    """What is no file of netplan's is not looked into, however long: a report that quotes the snippet, for one."""
    mutants.snippets(tmp_path)
    folder = tmp_path / "netplan"
    (folder / "report.txt").write_text("network:\n" + "Отчёт\n" * 10**5, encoding="utf-8")
    (folder / "log.yaml").write_text("- line\n" * 10**5)
    (folder / "report").symlink_to("report.txt")
    graded = mutants.grade(tmp_path / "results.json", f"--submission={tmp_path}", "--areas=netplan", hub=source.setting)
    assert mutants.verdicts(graded, PASSED) == {check["id"] for check in graded["checks"]}, graded["output"]


def test_an_empty_list_earns_nothing(folder: Path, source: Source) -> None:
    """That no line of it is wrong is no merit of a list without Flask: those checks say nothing (step 111)."""
    (folder / "requirements.txt").write_text("")
    graded = _grade(folder, source, "--areas=requirements")
    assert mutants.verdicts(graded, FAILED) == {"requirements.flask_is_listed"}, graded["output"]
    assert mutants.verdicts(graded, PASSED) == set(), graded["output"]
    assert graded["score"] == 0


def test_what_was_not_handed_in_is_skipped_and_said(folder: Path, source: Source) -> None:
    """An optional area costs nothing, another one its points; all are named."""
    graded = _grade(folder, source, "--areas=netplan,keeper")
    assert graded["missing"] == ["netplan", "content", "keeper"]
    assert mutants.verdicts(graded, SKIPPED) == {check["id"] for check in graded["checks"]}
    points = {area: sum(c["points"] for c in graded["checks"] if c["area"] == area) for area in ("netplan", "keeper")}
    assert points["netplan"] > 0
    assert points["keeper"] == 0


def test_hooks_and_settings_of_a_submission_are_not_read(folder: Path, source: Source) -> None:
    """A conftest.py or pytest.ini that was handed in is data: nothing of it runs, no verdict changes."""
    (folder / "conftest.py").write_text("raise SystemExit('taken over')\n")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    graded = _grade(folder, source, "--areas=build")
    assert mutants.verdicts(graded, PASSED) == {check["id"] for check in graded["checks"]}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--submission=/nowhere"], "/nowhere is not a folder."),
        (["--areas=build,dns"], "No area of the rubric: dns. There are: netplan, content"),
        (["--results=/nowhere/results.json"], "There is no folder /nowhere for the results."),
        (["--submission=labcheck/locale"], "Nothing of the lab is in locale"),
    ],
    ids=["no-folder", "no-area", "no-place-for-results", "nothing-in-it"],
)
def test_wrong_options_are_one_sentence(options: list[str], said: str) -> None:
    """Exit code 4 (pytest's for usage), what is wrong, no traceback."""
    command = [sys.executable, "-m", "pytest", "tests/rubric", *options]
    run = subprocess.run(  # noqa: S603 - a command of ours
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False, env={**os.environ, "LANGUAGE": "en"}
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in run.stderr
    assert "Traceback" not in run.stderr + run.stdout


def test_junit_report_on_demand(tmp_path: Path, source: Source) -> None:
    """PYTEST_ARGS=--junitxml=FILE writes what a CI server reads."""
    report = tmp_path / "junit.xml"
    mutants.grade(tmp_path / "results.json", "--areas=netplan", f"--junitxml={report}", hub=source.setting)
    (suite,) = ET.parse(report).getroot()  # noqa: S314 - our own file
    assert suite.get("failures") == suite.get("errors") == "0"
    assert {case.get("name") for case in suite} >= {"test_files_are_valid", "test_dhcp_stays_on"}
