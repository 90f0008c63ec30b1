"""junit.xml is XML whatever students print, and says of each check what became of it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from labcheck.outputs import junit
from tests.outputs import made


def suites(content: bytes) -> dict[str, ET.Element]:
    """Return the test suites by name."""
    return {suite.get("name", ""): suite for suite in ET.fromstring(content)}  # noqa: S314 - our own


def outcome(suite: ET.Element, name: str) -> tuple[str, str]:
    """Return the kind of a test case's outcome and what it says, `passed` where there is none."""
    case = suite.find(f"testcase[@name='{name}']")
    assert case is not None
    found = [(one.tag, f"{one.get('message')} {one.text}") for one in case if one.tag != "system-out"]
    return found[0] if found else ("passed", "")


def test_a_class() -> None:
    """Failures say expected, actual and hint; ungradable is an error; advice fails none."""
    found = suites(junit.content(made.a_class()))
    assert list(found) == ["Иванова Мария", "Пётр Сидоров", "Ким Анна", "dead", "ivanov", "nobody"]
    peter = found["Пётр Сидоров"]
    kind, said = outcome(peter, "run.app_starts")
    assert kind == "failure"
    assert "expected: Hello\nactual: Bye <b>\nhint: Return" in said
    assert outcome(peter, "keeper.stores")[0] == "skipped"
    kind, said = outcome(peter, "size.no_cache")
    assert kind == "skipped"
    assert said.startswith("advice: 127. What size.no_cache asks for. expected: this")
    assert outcome(peter, "build.dockerfile_builds")[0] == "passed"
    assert {name: peter.get(name) for name in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
        "time": "1.000",
    }
    assert outcome(found["Ким Анна"], "build.dockerfile_builds") == (
        "error",
        "113. What build.dockerfile_builds asks for. actual: no base image",
    )
    assert found["dead"].get("errors") == "1"


def test_the_instructors_decision_counts() -> None:
    """Overridden to all points a check passed, to fewer it failed; both say why."""
    suite = suites(junit.content(made.a_class()))["ivanov"]
    assert outcome(suite, "run.app_starts")[0] == "passed"
    assert outcome(suite, "build.dockerfile_builds")[0] == "failure"
    assert [one.text for one in suite.iterfind("testcase/system-out")] == [
        "build.dockerfile_builds: 4 points by the instructor: half of it is right",
        "run.app_starts: 20 points by the instructor: seen by eye",
    ]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_xml(text: str) -> None:
    """NUL, surrogates, noncharacters and half a CDATA are no reason for a file that no parser takes."""
    check = made.check("run.app_starts", "failed", actual=f"{text}]]>", hint=text, expected=text, title=text)
    found = suites(junit.content(made.results(made.submission(f"x{text}", check, notes=[text]))))
    assert len(found) == 1
