"""`make check`: one submission graded, each check shown as it ends."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcheck.checks import trial
from labcheck.checks.results import Results
from labcheck.checks.verdicts import UNGRADABLE
from labcheck.engine import ownership
from labcheck.grading import bringing, card, grading
from labcheck.i18n import _
from labcheck.machine import machine
from labcheck.submission import handed_in_image, intake

if TYPE_CHECKING:
    from docker import DockerClient
    from rich.console import Console

    from labcheck.engine.record import Record
    from labcheck.grading.grading import Request
    from labcheck.images.bases import Source
    from labcheck.submission.intake import Taken
    from labcheck.submission.submission import Submission

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
    """Grade what was handed in and show it; return the exit code: 0 all points, 1 not all, 2 no mark.

    `on_host`: on the user's own engine, not in a lab machine. `results_file` is written in the end, as JSON.

    Raises:
        LabcheckError: there is nothing to grade or no lab machine, or the checks did not come to an end.
    """
    with ExitStack() as stack:
        taken = stack.enter_context(intake.take_in(request.path, request.image))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labcheck-")))
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
        work = _Work(record.engine, source, request, taken, reference, console, folder)
        results = work.on_host() if on_host else work.in_machine()
    console.print(card.closing(results, base=str(source)))
    if results_file:
        results_file.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    verdicts = {check["verdict"] for check in results["checks"] if not check["beyond"]}
    if UNGRADABLE in verdicts:
        return TROUBLE_CODE
    return PASSED_CODE if results["score"] == results["max_score"] else FAILED_CODE


@dataclass(frozen=True)
class _Work:
    """One submission to be graded: `reference` is its image on the user's engine, `folder` takes what that holds."""

    engine: DockerClient
    source: Source
    request: Request
    taken: Taken
    reference: str | None
    console: Console
    folder: Path

    def in_machine(self) -> dict[str, Any]:
        """Grade it in a lab machine and return the results."""
        with (
            self.console.status(_("The lab machine starts …")) as status,
            machine.lend(self.engine, self.source) as lent,
        ):
            handed_in = bringing.bring_image(self.engine, lent, self.taken.submission, self.reference)
            handed_in = self._found(bringing.read_image(lent.client, handed_in, self.folder))
            bringing.bring_bases(self.engine, self.source, lent, handed_in, self.request.areas)
            status.update(_("Checking …"))
            return self._graded(handed_in, lent.environment, lent.scratch)

    def on_host(self) -> dict[str, Any]:
        """Grade it on the user's own engine and return the results."""
        handed_in = replace(self.taken.submission, image=self.reference or self.taken.submission.image)
        if handed_in.image_archive:
            handed_in = replace(handed_in, image_trouble=_NO_ARCHIVE)
        run = ownership.run_id()  # from here on also that of the checks' process
        try:
            handed_in = self._found(bringing.read_image(self.engine, handed_in, self.folder))
            self.console.print(_UNBOUNDED, style="bold yellow")
            return self._graded(handed_in, {"HUB": self.source.setting}, None)
        finally:
            ownership.sweep(self.engine, everything_of=run)
            trial.sweep(self.engine, everything_of=run)

    def _found(self, handed_in: Submission) -> Submission:
        """Say what was handed in, with what its image holds."""
        self.console.print(card.found(self.taken.completed(handed_in, self.folder)))
        return handed_in

    def _graded(self, handed_in: Submission, environment: dict[str, str], scratch: Path | None) -> dict[str, Any]:
        rows = _Rows(self.console, set(handed_in.missing))
        return rows.all_of(grading.grade(handed_in, self.request, environment, scratch, rows.take))


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
