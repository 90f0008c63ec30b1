"""results.json says all there is in the shape that its schema promises, whatever students wrote."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcheck import outputs
from labcheck.outputs import files, results_json
from tests.outputs import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA = json.loads(results_json.SCHEMA.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def written(results: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return what another program reads."""
    return json.loads(results_json.content(results).decode("utf-8"))


def test_the_schema_is_one_and_a_class_fits_it() -> None:
    """What is written of a class in which everything happens is valid, and nothing of it is lost."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    results = made.a_class()
    VALIDATOR.validate(written(results))
    assert written(results) == results


@pytest.mark.parametrize(
    "broken",
    [
        lambda one: one.pop("checks"),
        lambda one: one.update(percent=100.5),
        lambda one: one.update(participant="K-17"),
        lambda one: one.update(surprise=1),
        lambda one: one.update(missing=["docker"]),
        lambda one: one.update(ungradable={"reason": "", "checks": []}),
        lambda one: one["checks"][0].update(verdict="perhaps"),
        lambda one: one["checks"][0].update(points=-1),
        lambda one: one["checks"][0].update(override={"points": 3}),
        lambda one: one["checks"][0].update(step="113"),
    ],
)
def test_the_schema_refuses_what_is_none(broken: Callable[[dict[str, Any]], object]) -> None:
    """A field that is missing, misspelled, out of range or not documented is no results.json."""
    results = copy.deepcopy(made.a_class())
    broken(results["submissions"][0])
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(written(results))


@given(st.text(alphabet=st.characters(exclude_categories=()), min_size=1, max_size=60))
def test_any_text_is_written(text: str) -> None:
    """Control characters, surrogates and what turns the writing are gone; the rest is there."""
    results = made.results(made.submission(f"x{text}", made.check("run.app_starts", "failed", actual=text)))
    VALIDATOR.validate(written(results))
    found = written(results)["submissions"][0]["checks"][0]["actual"]
    assert not set(found) & {*map(chr, range(9)), "\x1b", "\x7f", "\u202e", "\u2066", "\ud800", "\ufffe"}
    assert [letter for letter in text if letter.isalnum()] == [letter for letter in found if letter.isalnum()]


def test_a_long_text_is_cut() -> None:
    """A megabyte that an app printed does not make results.json a gigabyte."""
    results = made.results(made.submission("x", made.check("run.app_starts", "failed", actual="я" * 1_000_000)))
    assert len(written(results)["submissions"][0]["checks"][0]["actual"]) == results_json.TEXT_LIMIT


def test_everything_is_written(tmp_path: Path) -> None:
    """All outputs are there, moodle.csv only where somebody has a number, and nothing half written."""
    names = {path.name for path in outputs.write(made.a_class(), tmp_path)}
    assert names == {"results.json", "results.schema.json", "grades.csv", "moodle.csv", "junit.xml"}
    assert {path.name for path in tmp_path.iterdir()} == names
    plain = tmp_path / "plain"
    plain.mkdir()
    outputs.write(made.results(made.submission("ivanov")), plain)
    assert not (plain / "moodle.csv").exists()


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing breaks off the old file is still there, and nothing beside it."""
    files.replace(tmp_path / "results.json", b"old")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace(tmp_path / "results.json", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"results.json": b"old"}
