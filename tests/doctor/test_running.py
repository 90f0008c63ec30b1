"""All probes are asked side by side, and whatever becomes of one, each gives a line."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from labcheck.doctor.facts import Facts
from labcheck.doctor.finding import Finding, Probe, ok, worst
from labcheck.doctor.running import examine
from labcheck.doctor.side_by_side import Once, spread
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT_SECONDS = 30


def probes(*looks: Callable[[Facts], Finding]) -> list[Probe]:
    """Return probes that look so."""
    return [Probe(f"probe-{n}", f"probe {n}", look) for n, look in enumerate(looks)]


@pytest.fixture
def facts() -> Facts:
    """The facts of this machine, of which nothing is asked."""
    return Facts("", 80, 8080)


@pytest.fixture
def forever() -> Iterator[Callable[[Facts], Finding]]:
    """A probe that does not come back while the test runs."""
    end = threading.Event()

    def look(_facts: Facts) -> Finding:
        end.wait()
        return ok("late")

    yield look
    end.set()


def test_probes_run_side_by_side(facts: Facts) -> None:
    """Two probes that wait for each other both come to an end."""
    barrier = threading.Barrier(2)

    def meet(_facts: Facts) -> Finding:
        barrier.wait(WAIT_SECONDS)
        return ok("met")

    assert [finding.found for _probe, finding in examine(probes(meet, meet), facts)] == ["met", "met"]


def test_a_probe_that_hangs_costs_its_limit_and_its_line(facts: Facts, forever: Callable[[Facts], Finding]) -> None:
    """Nobody waits for it: the others are told, in their order."""
    began = time.monotonic()
    lines = examine(probes(forever, lambda _facts: ok("fine"), forever), facts, seconds=0.5)
    assert time.monotonic() - began < WAIT_SECONDS
    assert [finding.state for _probe, finding in lines] == ["warning", "ok", "warning"]
    assert lines[0][1].found == "could not be found out: no answer in time"


def test_a_probe_that_fails_is_a_line(facts: Facts) -> None:
    """An error that nobody foresaw is told with its kind; no traceback, and no other line is lost."""

    def fail(_facts: Facts) -> Finding:
        return ok(os.environ["NOTHING THAT ANYBODY SETS"])

    lines = examine(probes(fail, lambda _facts: ok("fine")), facts)
    assert [finding.state for _probe, finding in lines] == ["warning", "ok"]
    assert lines[0][1].found == "could not be found out: KeyError: 'NOTHING THAT ANYBODY SETS'"


def test_strangers_text_steers_no_terminal(facts: Facts) -> None:
    """Names of processes and answers of servers lose control characters and line breaks."""
    ((_probe, finding),) = examine(probes(lambda _facts: ok("a\x1b[31mred\r\nb\u202e")), facts)
    assert finding.found == "a[31mred b"


def test_what_several_want_to_know_is_found_out_once() -> None:
    """Who asks while it is being found out waits for it; an error is everybody's."""
    begun, asked = threading.Event(), []

    def find() -> int:
        asked.append(1)
        begun.wait(WAIT_SECONDS)
        return 7

    once = Once(find)
    threads = [threading.Thread(target=lambda: asked.append(once())) for _n in range(3)]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert sorted(asked) == [1, 7, 7, 7]
    broken = Once(lambda: int("nothing"))
    for _n in range(2):
        with pytest.raises(ValueError, match="nothing"):
            broken()


def test_items_are_worked_on_all_at_once() -> None:
    """Results come in the order of the items, whoever is first."""
    barrier = threading.Barrier(3)
    assert spread(lambda n: (barrier.wait(WAIT_SECONDS), n)[1], [1, 2, 3]) == [1, 2, 3]


def test_a_thread_that_hangs_does_not_keep_the_program() -> None:
    """The command ends though a probe still waits for what never comes."""
    hang = "import threading; from labcheck.doctor.side_by_side import begin; begin(threading.Event().wait)"
    done = subprocess.run([sys.executable, "-c", hang], cwd=CHECKOUT, check=False, timeout=60)  # noqa: S603 - ours
    assert done.returncode == 0


def test_the_worst_state_counts() -> None:
    """Wrong is worse than a warning, a warning than what was skipped."""
    assert worst([]) == "ok"
    assert worst([Finding("ok", "."), Finding("skipped", ".")]) == "skipped"
    assert worst([Finding("warning", "."), Finding("skipped", ".")]) == "warning"
    assert worst([Finding("wrong", "."), Finding("warning", ".")]) == "wrong"
