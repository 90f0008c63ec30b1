"""`make walkthrough`: the lab typed step by step with a person watching, and a transcript of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labcheck import suite
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.plain import plain
from labcheck.walkthrough import steps
from labcheck.walkthrough.transcript import FAILED, MARKS, PASSED, SKIPPED, Step, Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from labcheck.images.bases import Source
    from labcheck.walkthrough.window import Typed

SECONDS, PATIENCE = 3600, 30  # for all of it; for its end after Ctrl-C
PASSED_CODE, FAILED_CODE = 0, 1
HTML, MARKDOWN = "walkthrough.html", "walkthrough.md"
FIRST = "1"  # the window that need not be named
_SHOWN_LINES = 30  # of one output on the terminal; the transcript has it all


def walk(source: Source, part: str, out: Path | None, console: Console, *, with_vm: bool) -> int:
    """Run a part of the lab and show it as it goes; return the exit code: 0 all holds, 1 a step broke.

    `part` is as `steps.part` has it, `out` a folder for the transcript; `with_vm`: the emulated machine's steps too.

    Raises:
        LabcheckError: there is no such part, or the walkthrough did not come to its end.
    """
    transcript = Transcript(steps.part(part))
    view = _View(console)

    def tell(event: dict[str, Any]) -> None:
        step = transcript.take(event)
        if step:
            view.show(event["kind"], step)

    environment = {"STEP": part, "HUB": source.setting, "VM": "1" if with_vm else ""}
    code, last = suite.run(steps.DIRECTORY, ["-m", "slow"], environment, tell, seconds=SECONDS, patience=PATIENCE)
    if out:
        _write(transcript, out, source)
    counts = Counter(step.outcome for step in transcript.steps)
    if code not in (PASSED_CODE, FAILED_CODE) or (code == FAILED_CODE and not counts[FAILED]):
        raise LabcheckError(_("The walkthrough did not come to an end. It said last:\n{lines}").format(lines=last))
    closing = _("{passed} held, {failed} broke, {skipped} not run").format(
        passed=counts[PASSED], failed=counts[FAILED], skipped=counts[SKIPPED]
    )
    console.print()
    console.print(Text(closing, style="bold"))
    if out:
        console.print(Text(_("Transcript: {file}").format(file=out / HTML)))
    return code


class _View:
    """What a person sees: the head of a step, each command with what it shows, and how the step ended."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, kind: str, step: Step) -> None:
        """Show what has just come to a step."""
        if kind == "begin":
            self._console.print()
            head = Table.grid(padding=(0, 2))
            head.add_row(Text(f"{step.number:>4}", style="bold cyan"), Text(step.claim, style="bold"))
            self._console.print(head)
        elif kind == "typed":
            self._show_typed(step.typed[-1])
        elif step.outcome != PASSED:
            style = "bold red" if step.outcome == FAILED else "yellow"
            self._console.print(Padding(Text(f"{MARKS[step.outcome]} {step.why}", style=style), (0, 0, 0, 6)))

    def _show_typed(self, typed: Typed) -> None:
        where = f"{typed.window} " if typed.window != FIRST else ""
        line = Text.assemble((where, "magenta"), (plain(typed.prompt), "green"), (plain(typed.command), "bold"))
        lines = plain(typed.text).splitlines()
        if len(lines) > _SHOWN_LINES:
            hidden = len(lines) - _SHOWN_LINES
            lines = [*lines[:_SHOWN_LINES], _("… {count} lines more, in the transcript (OUT=DIR)").format(count=hidden)]
        self._console.print(Padding(line, (0, 0, 0, 6)))
        if lines:
            self._console.print(Padding(Text("\n".join(lines), style="dim"), (0, 0, 0, 6)))


def _write(transcript: Transcript, out: Path, source: Source) -> None:
    when = datetime.now(timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M")
    about = _("{when}; base images: {source}").format(when=when, source=source)
    title = _("The lab, walked through")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / HTML).write_text(transcript.html(title=title, about=about), encoding="utf-8")
        (out / MARKDOWN).write_text(transcript.markdown(title=title, about=about), encoding="utf-8")
    except OSError as error:
        raise LabcheckError(_("{file} cannot be written: {reason}").format(file=out, reason=error.strerror)) from error
