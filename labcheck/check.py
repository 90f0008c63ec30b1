"""`make check`: one submission graded, each check shown as it ends."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcheck import bringing, card, grading, handed_in_image, intake, machine, ownership, trial
from labcheck.i18n import _
from labcheck.results import Results
from labcheck.verdicts import FAILED, UNGRADABLE

if TYPE_CHECKING:
    from docker import DockerClient
    from rich.console import Console

    from labcheck.bases import Source
    from labcheck.grading import Request
    from labcheck.intake import Taken
    from labcheck.record import Record

_UNBOUNDED = _(
    "On your own engine: what was handed in builds and runs beside your containers, as root in its own, with your "
    "network in reach. Its time is bounded; its disk, memory and processes are not."
)
_NO_ARCHIVE = _(
    "An archive of docker save would take the names of your own engine's images: it is opened in the lab machine alone."
)
PASSED_CODE, FAILED_CODE, TROUBLE_CODE = 0, 1, 2


def check(  # noqa: PLR0913 - what a check is made of
    record: Record, source: Source, request: Request, console: Console, *, on_host: bool, results_file: Path | None
) -> int:
    """Grade what was handed in and show it; return the exit code: 0 all passed, 1 something failed, 2 no mark.

    `on_host`: on the user's own engine, not in a lab machine. `results_file` is written in the end, as JSON.

    Raises:
        LabcheckError: there is nothing to grade or no lab machine, or the checks did not come to an end.
    """
    with ExitStack() as stack:
        taken = stack.enter_context(intake.take_in(request.path, request.image))
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labcheck-")))
        image = None
        if taken.submission.image:
            with console.status(_("Looking for the image {name} …").format(name=taken.submission.image)) as status:
                image = stack.enter_context(
                    handed_in_image.fetched(record, source, taken.submission.image, status.update)
                )
            taken = replace(
                taken, submission=replace(taken.submission, image_fault=image.fault, image_trouble=image.trouble)
            )
        reference = image.name if image else None
        if on_host:
            results = _on_host(record.engine, source, request, taken, reference, console, work)
        else:
            results = _in_machine(record.engine, source, request, taken, reference, console, work)
    console.print(card.closing(results, base=str(source)))
    if results_file:
        results_file.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    verdicts = {check["verdict"] for check in results["checks"] if not check["beyond"]}
    if UNGRADABLE in verdicts:
        return TROUBLE_CODE
    return FAILED_CODE if FAILED in verdicts else PASSED_CODE


def _in_machine(  # noqa: PLR0913, PLR0917 - what a check is made of
    engine: DockerClient,
    source: Source,
    request: Request,
    taken: Taken,
    reference: str | None,
    console: Console,
    work: Path,
) -> dict[str, Any]:
    with console.status(_("The lab machine starts …")) as status, machine.lend(engine, source) as lent:
        handed_in = bringing.bring_image(engine, lent, taken.submission, reference)
        taken = taken.completed(bringing.read_image(lent.client, handed_in, work), work)
        console.print(card.found(taken))
        bringing.bring_bases(engine, source, lent, taken.submission, request.areas)
        status.update(_("Checking …"))
        rows = _Rows(console, set(taken.submission.missing))
        return rows.all_of(grading.grade(taken.submission, request, lent.environment, lent.scratch, rows.take))


def _on_host(  # noqa: PLR0913, PLR0917 - what a check is made of
    engine: DockerClient,
    source: Source,
    request: Request,
    taken: Taken,
    reference: str | None,
    console: Console,
    work: Path,
) -> dict[str, Any]:
    handed_in = replace(taken.submission, image=reference or taken.submission.image)
    if handed_in.image_archive:
        handed_in = replace(handed_in, image_trouble=_NO_ARCHIVE)
    run = ownership.run_id()  # from here on also that of the checks' process
    try:
        taken = taken.completed(bringing.read_image(engine, handed_in, work), work)
        console.print(card.found(taken))
        console.print(_UNBOUNDED, style="bold yellow")
        rows = _Rows(console, set(taken.submission.missing))
        return rows.all_of(grading.grade(taken.submission, request, {"HUB": source.setting}, None, rows.take))
    finally:
        ownership.sweep(engine, everything_of=run)
        trial.sweep(engine, everything_of=run)


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
            self._end()
            self._current = outcome["id"]
        self._results.add(outcome)

    def all_of(self, results: dict[str, Any]) -> dict[str, Any]:
        """Print the last row, for the checks have come to an end, and return their results."""
        self._end()
        return results

    def _end(self) -> None:
        check = self._results.checks.get(self._current)
        if check and not check["beyond"] and check["area"] not in self._missing:
            self._console.print(card.row(check))
