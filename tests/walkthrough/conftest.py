"""Fixtures of the walkthrough: the student's machine with its windows, and a browser on another machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.record import Record
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT
from labcheck.walkthrough import lab as labs
from labcheck.walkthrough import steps
from labcheck.walkthrough.recorder import Recorder
from tests.walkthrough.browser import browsing

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from docker import DockerClient

    from labcheck.images.bases import Source
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

_BROKEN = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def recorder(pytestconfig: pytest.Config) -> Recorder:
    """Who is told what is typed."""
    return Recorder(pytestconfig.getoption("live"))


@pytest.fixture(scope="session")
def machine(engine: DockerClient, source: Source, recorder: Recorder) -> Iterator[Lab]:
    """The student's virtual machine."""
    with labs.lend(Record(engine), source, recorder.typed) as lent:
        yield lent


@pytest.fixture(scope="module")
def lab(machine: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The machine at the beginning of a section: nothing of another section's is left, Docker Hub offers its IMAGES."""
    machine.offer(*request.module.IMAGES)
    machine.begin()
    yield machine
    machine.close_windows()


@pytest.fixture
def window(lab: Lab) -> Window:
    """The student's first window."""
    return lab.window(1)


@pytest.fixture(scope="session")
def chromium(
    engine: DockerClient, source: Source, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabBrowser]:
    """A browser that all sections share."""
    image = toolimages.ensure(engine, source, CHECKOUT / "tests" / "keeper" / "chromium")
    with browsing(image, tmp_path_factory.mktemp("nothing"), recorder.typed) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(chromium: LabBrowser) -> LabBrowser:
    """The browser of the main operating system, from which the machine is reached; it has been nowhere yet."""
    chromium.forget()
    return chromium


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the part that STEP names, with what comes before it in its sections: that sets the stage.

    With a person watching (`--live`), or in a part, what belongs to no step is left out.
    """
    first, last = steps.part(os.environ.get("STEP", ""))
    is_part = (first, last) != (1, steps.COUNT)
    if not is_part and config.getoption("live") is None:
        return
    mine = [item for item in items if item.path.is_relative_to(steps.DIRECTORY)]
    numbers = {item: _steps(item) for item in mine}
    sections = {item.path for item, asked in numbers.items() if any(first <= step <= last for step in asked)}
    left = {item for item, asked in numbers.items() if item.path not in sections or not asked or min(asked) > last}
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what follows a step that broke: it stands on it."""
    broken = item.parent.stash.get(_BROKEN, "") if item.parent else ""
    if broken:
        pytest.skip(f"not run: {broken}, on which it stands, broke")


@pytest.fixture(autouse=True)
def _recorded(recorder: Recorder, request: pytest.FixtureRequest) -> None:
    recorder.begin(_steps(request.node), steps.claim_of(request.function.__doc__), request.node.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell how each step ended."""
    report = yield
    if "step" in item.keywords:
        if report.failed and item.parent:
            item.parent.stash.setdefault(_BROKEN, f"step {min(_steps(item))} ({item.name})")
        recorder = getattr(item, "funcargs", {}).get("recorder")
        if recorder and (report.when == "call" or not report.passed):
            recorder.end(report.outcome, str(call.excinfo.value) if call.excinfo else "")
    return report


def _steps(item: pytest.Item) -> tuple[int, ...]:
    return tuple(step for mark in item.iter_markers("step") for step in mark.args)
