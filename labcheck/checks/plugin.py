"""The pytest plugin: the rubric on the reference, or with --submission on a student's work; verdicts, results, header.

pyproject.toml loads it (`-p labcheck.checks.plugin`).
"""

from __future__ import annotations

import json
import os
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from rich.console import Console

from labcheck.checks import rubric, trial, verdicts
from labcheck.checks.results import Results
from labcheck.checks.testbed import LabContainer
from labcheck.engine import connection as labcheck_engine
from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import lab as images
from labcheck.submission import submission

if TYPE_CHECKING:
    from collections.abc import Generator

_MARKERS = (
    "lab(step, area): the lab step that a check is about, and its area of the rubric",
    "beyond: more than the lab asks for; required of the reference, advice without points for a student",
    "reference: about the reference's own artefacts; a submission has nothing like it",
    "needs(check, ...): ids of checks without which this one says nothing",
)
SUBMISSION = pytest.StashKey[submission.Submission]()
RESULTS = pytest.StashKey[Results]()
WEIGHTS = pytest.StashKey[dict[str, float]]()
VERDICTS = pytest.StashKey[dict[str, str]]()
TITLES = pytest.StashKey[dict[str, str]]()  # of every check, by its id
OUTCOME = "lab_outcome"
IMAGE = "image"  # the name of the property that describes an image of the submission
CHECK = pytest.StashKey[rubric.Check]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the rubric."""
    group = parser.getgroup("lab", "the rubric")
    group.addoption("--submission", metavar="DIR", type=Path, help="a student's folder instead of the reference")
    group.addoption("--image", metavar="NAME", help="the image that a student handed in; alone, or with --submission")
    group.addoption("--handed-in", metavar="FILE", type=Path, help="what `labcheck check` took in")
    group.addoption("--as-reference", action="store_true", help="the folder is laid out as this repository: check all")
    group.addoption("--areas", metavar="A,B", default="", help=f"these areas alone: {','.join(rubric.AREAS)}")
    group.addoption("--scored-only", action="store_true", help="leave out what gives a student no points")
    group.addoption(
        "--live", metavar="FD", type=int, help="write each outcome to this file descriptor, as a line of JSON"
    )
    group.addoption("--results", metavar="FILE", type=Path, help="write the verdicts to a JSON file")


def pytest_configure(config: pytest.Config) -> None:
    """Give the run its id before workers start; find the engine; read what was handed in.

    Raises:
        pytest.UsageError: there is no engine to test on, or nothing to check.
    """
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    ownership.run_id()
    try:
        labcheck_engine.connect().close()
        config.stash[SUBMISSION] = _submission(config)
    except LabcheckError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[RESULTS], config.stash[VERDICTS], config.stash[TITLES] = Results(), {}, {}
    config.pluginmanager.register(_Collector(config.stash[RESULTS], config.getoption("live")))
    config.stash[WEIGHTS] = rubric.load_weights()


class _Collector:
    """Collects the outcome of every check; the controller of pytest-xdist hears of its workers'."""

    def __init__(self, results: Results, live: int | None) -> None:
        self._results = results
        self._live = live

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one phase of one test."""
        if report.when == "teardown":  # once a test
            self._results.images += [value for name, value in report.user_properties if name == IMAGE]
        outcome: dict[str, Any] | None = getattr(report, OUTCOME, None)
        if outcome is not None:
            self._results.add(dict(outcome))
            if self._live is not None:
                os.write(self._live, json.dumps(outcome).encode() + b"\n")


def _submission(config: pytest.Config) -> submission.Submission:
    folder, image = config.getoption("submission"), config.getoption("image")
    rubric.parse_areas(config.getoption("areas"))
    results = config.getoption("results")
    if results and not results.absolute().parent.is_dir():
        raise LabcheckError(_("There is no folder {folder} for the results.").format(folder=results.parent))
    if config.getoption("as_reference"):
        return submission.reference((folder or images.CHECKOUT).resolve())
    if config.getoption("handed_in"):
        return submission.load(config.getoption("handed_in"))
    if folder or image:
        return submission.read(folder, image)
    return submission.reference(images.CHECKOUT)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is tested, and on what."""
    with closing(labcheck_engine.connect()) as client:
        source = images.choose_source(client, os.environ.get("HUB", ""), Console(quiet=True))
        missing = ", ".join(config.stash[SUBMISSION].missing)
        handed_in = f"checked: {config.stash[SUBMISSION].name}" + (f" (not handed in: {missing})" if missing else "")
        builder = "the Engine API's own (classic)"
        return [labcheck_engine.describe(client), f"builder: {builder}; base images: {source}", handed_in]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the results; sweep what is left of this run and of dead ones, also after Ctrl-C."""
    if hasattr(config, "workerinput") or RESULTS not in config.stash:
        return  # a worker of pytest-xdist: the others are still at work
    path = config.getoption("results")
    if path:
        handed_in = config.stash[SUBMISSION]
        config.stash[RESULTS].write(path, handed_in)
    with suppress(LabcheckError), closing(labcheck_engine.connect()) as client:
        ownership.sweep(client, everything_of=ownership.run_id())
        trial.sweep(client, everything_of=ownership.run_id())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks that this run is about, and nothing but checks where a submission is checked.

    Raises:
        pytest.UsageError: a check's marker is incomplete.
    """
    reference = config.stash[SUBMISSION].is_reference
    areas = rubric.parse_areas(config.getoption("areas")) or rubric.AREAS
    chosen = ("submission", "image", "handed_in", "areas")
    only_checks = any(config.getoption(option) for option in chosen)
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        try:
            check = rubric.check_of(item, config.stash[WEIGHTS])
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error
        if check:
            item.stash[CHECK] = check
            config.stash[TITLES][check.id] = check.title
            wanted = check.area in areas and (reference or not check.reference)
            wanted = wanted and (check.scored or not config.getoption("scored_only"))
        else:
            wanted = not only_checks
        (kept if wanted else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check that says nothing where an area was not handed in, or another check failed."""
    check = item.stash.get(CHECK, None)
    if check is None:
        return
    if check.area in item.config.stash[SUBMISSION].missing:
        verdicts.skip(_("not handed in: {area}").format(area=check.area))
    for marker in item.iter_markers("needs"):
        for needed in marker.args:
            if item.config.stash[VERDICTS].get(needed, verdicts.PASSED) != verdicts.PASSED:
                skip_without(item.config, needed)


def skip_without(config: pytest.Config, needed: str) -> NoReturn:
    """Skip a check that says nothing, as the one with the id `needed` did not pass.

    Raises:
        pytest.skip.Exception: always.
    """
    title = config.stash[TITLES].get(needed, needed)
    verdicts.skip(_("says nothing as long as this does not pass: {needed}").format(needed=title))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the report of a check its verdict, and the last lines of the containers it used where it did not pass."""
    report = yield
    check = item.stash.get(CHECK, None)
    if check is None:
        return report
    error = call.excinfo.value if call.excinfo else None
    verdict = verdicts.verdict_of(error)
    known = item.config.stash[VERDICTS]
    if known.get(check.id, verdicts.PASSED) == verdicts.PASSED:
        known[check.id] = verdict
    if report.failed:
        for name, lines in _container_logs(item):
            report.sections.append((f"last lines of {name}", lines))
    said = verdicts.parts_of(error)
    if verdict == verdicts.FAILED and said.hint:
        report.longrepr = f"{check.title}\n{said}"  # a student reads our words, not the test's source
    if verdict == verdicts.UNGRADABLE:
        report.sections.append(
            ("ungradable", _("this is our side's trouble, not the student's: {e}").format(e=said.actual))
        )
    outcome = {
        "id": check.id,
        "step": check.step,
        "area": check.area,
        "title": check.title,
        "verdict": verdict,
        "max_points": check.points,
        "beyond": not check.scored,
        "expected": said.expected,
        "actual": said.actual,
        "hint": said.hint,
        "seconds": report.duration,
    }
    setattr(report, OUTCOME, outcome)  # travels from a worker of pytest-xdist to the controller
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured."""
    passed = terminalreporter.getreports("passed")
    said = [value for report in passed for name, value in report.user_properties if name == "measured"]
    for sentence in dict.fromkeys(said):
        terminalreporter.write_line(f"measured: {sentence}")


def _container_logs(item: pytest.Item) -> list[tuple[str, str]]:
    """Return name and last lines of each container among the values of the test's fixtures."""
    values = getattr(item, "funcargs", {}).values()
    things = [thing for value in values for thing in (value if isinstance(value, list) else [value])]
    return [(thing.image, thing.last_words) for thing in things if isinstance(thing, LabContainer)]
