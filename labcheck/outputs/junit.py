"""JUnit's XML, which CI systems and editors show: a test suite a submission, a test case a check.

https://github.com/testmoapp/junitxml describes what they have in common.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from labcheck.checks.marks import is_lost, is_withheld
from labcheck.checks.verdicts import FAILED, PASSED
from labcheck.i18n import _
from labcheck.outputs import summaries
from labcheck.plain import plain, plain_line

_TEXT_LIMIT = 10_000  # characters


def content(results: dict[str, Any]) -> bytes:
    """Return the report. What is ungradable is an error, what failed a failure; advice and what was skipped is skipped.

    A check that the instructor gave all points for counts as passed; what they decided stands in its output.
    """
    root = ET.Element("testsuites", name="labcheck")
    for submission in results["submissions"]:
        _add_suite(root, submission)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_suite(root: ET.Element, submission: dict[str, Any]) -> None:
    suite = ET.SubElement(root, "testsuite", name=plain_line(submission["name"], 120))
    for check in submission["checks"]:
        _add_case(suite, check)
    withheld = submission.get("ungradable")
    if withheld and not withheld["checks"]:  # the submission as a whole
        case = ET.SubElement(suite, "testcase", classname="submission", name=_("graded"), time="0")
        _add(case, "error", withheld["reason"], "")
    seconds = sum(float(case.get("time", "0")) for case in suite)
    counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.set("tests", str(len(suite)))
    for name, element in counts.items():
        suite.set(name, str(len(suite.findall(f"testcase/{element}"))))
    suite.set("time", f"{seconds:.3f}")
    remarks = summaries.remarks(submission)
    if remarks:
        ET.SubElement(suite, "system-out").text = plain("\n".join(remarks), _TEXT_LIMIT)


def _add_case(suite: ET.Element, check: dict[str, Any]) -> None:
    case = ET.SubElement(suite, "testcase", classname=check["area"], name=check["id"], time=f"{check['seconds']:.3f}")
    title = f"{check['step']}. {check['title']}"
    if is_withheld(check):
        _add(case, "error", title, _found(check))
    elif is_lost(check):
        _add(case, "failure", title, _found(check))
    elif check["verdict"] == FAILED and check["beyond"]:
        _add(case, "skipped", _("advice: {title}").format(title=title), _found(check))
    elif check["verdict"] != PASSED and not check.get("override"):
        _add(case, "skipped", title, plain(check["actual"], _TEXT_LIMIT))
    if check.get("override"):
        ET.SubElement(case, "system-out").text = summaries.overridden({"checks": [check]})[0]


def _add(case: ET.Element, name: str, message: str, text: str) -> None:
    ET.SubElement(case, name, message=plain_line(message)).text = text


def _found(check: dict[str, Any]) -> str:
    parts = ((_("expected"), check["expected"]), (_("actual"), check["actual"]), (_("hint"), check["hint"]))
    return "\n".join(f"{name}: {plain(text, _TEXT_LIMIT)}" for name, text in parts if text)
