"""`make check`: one submission graded, each check shown as it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labcheck import card, grading, machine, ownership, trial
from labcheck.i18n import _
from labcheck.results import Results
from labcheck.verdicts import FAILED, UNGRADABLE

if TYPE_CHECKING:
    from docker import DockerClient
    from rich.console import Console

    from labcheck.bases import Source
    from labcheck.grading import Request
    from labcheck.submission import Submission

_UNBOUNDED = _(
    "On your own engine: what was handed in builds and runs beside your containers, as root in its own, with your "
    "network in reach. Its time is bounded; its disk, memory and processes are not."
)
PASSED_CODE, FAILED_CODE, TROUBLE_CODE = 0, 1, 2


def check(  # noqa: PLR0913 - what a check is made of
    engine: DockerClient, source: Source, request: Request, handed_in: Submission, console: Console, *, on_host: bool
) -> int:
    """Grade what was handed in and show it; return the exit code: 0 all passed, 1 something failed, 2 no mark.

    `on_host`: on the user's own engine, not in a lab machine.

    Raises:
        LabcheckError: there can be no lab machine, or the checks did not come to an end.
    """
    console.print(card.found(handed_in, request.folder))
    console.print()
    rows = _Rows(console, set(handed_in.missing))
    if on_host:
        console.print(_UNBOUNDED, style="bold yellow")
        run = ownership.run_id()  # from here on also that of the checks' process
        try:
            results = grading.grade(request, {"HUB": source.setting}, None, rows.take)
        finally:
            ownership.sweep(engine, everything_of=run)
            trial.sweep(engine, everything_of=run)
    else:
        with console.status(_("The lab machine starts …")) as status, machine.lend(engine, source) as lent:
            grading.bring(engine, source, lent, handed_in, request.areas)
            status.update(_("Checking …"))
            results = grading.grade(request, lent.environment, lent.scratch, rows.take)
    rows.end()
    console.print(card.closing(results, base=str(source)))
    verdicts = {check["verdict"] for check in results["checks"] if not check["beyond"]}
    if UNGRADABLE in verdicts:
        return TROUBLE_CODE
    return FAILED_CODE if FAILED in verdicts else PASSED_CODE


class _Rows:
    """Prints a row a check that gives points; what is told of the next one says that the one before is whole."""

    def __init__(self, console: Console, missing: set[str]) -> None:
        self._console = console
        self._missing = missing  # the areas that one line at the end is enough for
        self._results = Results()
        self._current = ""

    def take(self, outcome: dict[str, Any]) -> None:
        """Take in an outcome."""
        if outcome["id"] != self._current:
            self.end()
            self._current = outcome["id"]
        self._results.add(outcome)

    def end(self) -> None:
        """Print the row that is whole now."""
        check = self._results.checks.get(self._current)
        if check and not check["beyond"] and check["area"] not in self._missing:
            self._console.print(card.row(check))
