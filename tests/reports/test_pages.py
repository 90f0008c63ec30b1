"""What the pages say, to the instructor and to a student; that they are whole, and cope with what is absent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from labcheck.checks.rubric import AREAS, load_weights
from labcheck.outputs.results_json import SCHEMA
from labcheck.reports import pages
from tests.mutants import mutant as mutants
from tests.reports import classroom
from tests.reports.reading import all_pages, row_of, soup, student_page

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source


def test_the_class_is_one_as_the_schema_has_it(results: dict[str, Any]) -> None:
    """What the pages are tested with fits the schema of `results.json`, but for the key that is an attack."""
    jsonschema.validate(results, json.loads(SCHEMA.read_text()))
    verdicts = {check["verdict"] for one in results["submissions"] for check in one["checks"]}
    assert verdicts == {"passed", "failed", "skipped", "ungradable"}


def test_no_mark_is_not_zero(folder: Path, results: dict[str, Any]) -> None:
    """A mark that is withheld is no number, in the table, in the heat map and on the page, and the reason is said."""
    for number in (0, 1):
        student = results["submissions"][number]
        cells = row_of(folder, student["name"])
        assert cells[0] == "no mark"
        assert student["ungradable"]["reason"] in cells[-1]
        page = student_page(folder, results, number).select_one(".result")
        assert page
        assert "no mark yet" in page.get_text()
        assert student["ungradable"]["reason"] in page.get_text()
        assert "%" not in page.get_text()
    figures = soup(folder / "index.html").select_one(".figures .ungradable dd")
    assert figures
    assert figures.get_text() == str(sum(bool(one["ungradable"]) for one in results["submissions"]))


def test_remarks_of_the_instructors_table(folder: Path, results: dict[str, Any]) -> None:
    """Points set by hand, the same image, what was left aside, and notes stand in the student's row."""
    names = [one["name"] for one in results["submissions"]]
    changed = results["submissions"][6]["checks"][9]
    assert f"points set by the instructor: {changed['id']}" in row_of(folder, names[6])[-1]
    assert "points set by the instructor: all in all" in row_of(folder, names[7])[-1]
    assert "as Петров Борис, Смирнов Глеб; no points are lost" in row_of(folder, names[2])[-1]
    assert "first-try.zip is left aside.Of an image alone." in row_of(folder, names[3])[-1]


def test_students_page_says_first_what_broke_first(folder: Path, results: dict[str, Any]) -> None:
    """The first step that broke comes with its hint, before all checks; then the checks in lab order."""
    student = results["submissions"][9]
    page = student_page(folder, results, 9)
    first = page.find(class_="first")
    assert first
    assert f"First step that broke: {student['first_failed_step']}." in first.get_text()
    headings = [heading.get_text().split()[0] for heading in page.select("h2")]
    assert [name for name in headings if name in AREAS] == list(AREAS)
    shown = {check["id"] for check in page.select("li.check")}
    scored = {check["id"] for check in student["checks"] if not check["beyond"]}
    assert scored <= shown
    advice = {check["id"] for check in page.select(".advice li.check")}
    assert advice == {check["id"] for check in student["checks"] if check["beyond"] and check["verdict"] == "failed"}


def test_student_does_not_read_who_has_the_same_image(folder: Path, results: dict[str, Any]) -> None:
    """The names of others, and the instructor's notes, stay on the instructor's page."""
    assert "Смирнов Глеб" not in student_page(folder, results, 2).get_text()
    page = student_page(folder, results, 3).get_text()
    assert "first-try.zip" in page
    assert "Of an image alone." not in page


def test_long_text_is_folded_and_cut(folder: Path, results: dict[str, Any]) -> None:
    """Of a log the last lines are seen, the rest opens, and what is left out is said."""
    page = student_page(folder, results, 9)
    shown = page.find("pre", string=re.compile("ERROR: the last line"))
    assert shown
    assert len(shown.get_text().splitlines()) <= 8
    opened = page.select_one("dd details")
    assert opened
    assert f"the first {len(classroom.LONG) - 10_000} characters are left out" in opened.get_text()
    assert 9_900 < len(opened.pre.get_text()) <= 10_000  # type: ignore[union-attr]


def test_heat_map_has_every_scored_check_of_every_student(folder: Path, results: dict[str, Any]) -> None:
    """A row a student, a column a scored check; each verdict has a sign of its own, what broke leads to its reason."""
    table = soup(folder / "index.html").select_one("table.heat")
    assert table
    assert len(table.select("thead .check")) == len(load_weights())
    assert len(table.select("tbody tr")) == len(results["submissions"])
    signs = {name: {cell.get_text() for cell in table.select(f"td.{name}")} for name in ("passed", "failed", "skipped")}
    assert signs == {"passed": {"✓"}, "failed": {"✗"}, "skipped": {"–"}}  # noqa: RUF001 - the sign
    assert {cell.get_text() for cell in table.select("td.ungradable")} == {"?"}
    failed = sum(c["verdict"] == "failed" and not c["beyond"] for one in results["submissions"] for c in one["checks"])
    assert len(table.select("td.failed > a[href]")) == failed
    assert sum(int(cell.get_text() or 0) for cell in table.select("tfoot td")) == failed


def test_standins_are_said_beside_the_sizes(results: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    """On stand-ins the chart of sizes begins with a warning; on official images nothing is said."""
    warned = soup(folder / "index.html").select_one("#sizes .loud")
    assert warned
    assert "Stand-in" in warned.get_text()
    official = {**results["environment"], "bases": "Docker Hub", "standin": False}
    pages.write({**results, "environment": official}, tmp_path, "en")
    assert not soup(tmp_path / "index.html").select(".loud")


def test_an_image_that_was_graded_says_its_stand_in(tmp_path: Path, source: Source) -> None:
    """What the rubric says of an image and check-class of the run is enough: the image on its page bears the badge."""
    (tmp_path / "student").mkdir()
    mutants.student(tmp_path / "student")
    options = (f"--submission={tmp_path / 'student'}", "--areas=size", "--scored-only")
    graded = mutants.grade(tmp_path / "results.json", *options, hub=source.setting)
    assert [image["base"] for image in graded["images"]] == ["python:3.10.6-alpine"]
    for standin in (True, False):
        run = {"bases": "stand-in" if standin else "Docker Hub", "standin": standin}
        pages.write({"environment": run, "submissions": [graded]}, tmp_path / "out", "en")
        (page,) = (tmp_path / "out" / "students").iterdir()
        cell = soup(page).select_one("table.list tbody td")
        assert cell
        assert cell.get_text().split() == ["python:3.10.6-alpine", *(["stand-in"] if standin else [])]
        assert bool(soup(page).select(".loud")) == standin


def test_optional_fields_may_be_absent(tmp_path: Path) -> None:
    """Results with the schema's required fields alone are enough, of a class and of nobody."""
    check = {"id": "run.a", "step": 108, "area": "run", "verdict": "failed", "max_points": 4, "points": 0}
    bare = {"name": "A", "score": 0, "max_score": 4, "percent": 0, "first_failed_step": 108, "missing": []}
    pages.write({"submissions": [{**bare, "checks": [check]}, {**bare, "name": "a", "checks": []}]}, tmp_path, "en")
    assert len(all_pages(tmp_path)) == 3
    assert {path.name.lower() for path in (tmp_path / "students").iterdir()} >= {"a.html"}
    pages.write({"submissions": []}, tmp_path, "en")
    assert not list((tmp_path / "students").iterdir())


def test_pages_are_whole_or_as_before(
    monkeypatch: pytest.MonkeyPatch, results: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    """Written in the middle of which the disk is full, a page is still the old one; strangers' files stay."""
    pages.write(results, tmp_path, "en")
    (tmp_path / "students" / "own.html").write_text("the instructor's")
    before = {path.name: path.read_bytes() for path in all_pages(tmp_path)}

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            pages.write({**results, "environment": {"date": "later"}}, tmp_path, "en")
    assert {path.name: path.read_bytes() for path in all_pages(tmp_path)} == before
    pages.write({**results, "submissions": results["submissions"][:3]}, tmp_path, "en")
    assert len(all_pages(tmp_path)) == 1 + 3 + 1
    assert (folder / "index.html").stat().st_size < 400_000
