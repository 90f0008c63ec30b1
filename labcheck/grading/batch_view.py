"""A class being graded, as its instructor sees it: a line a submission that is done, and what is running now."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from rich.text import Text

from labcheck.i18n import _
from labcheck.plain import plain

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from typing_extensions import Self

    from labcheck.grading.batch import Graded
    from labcheck.roster import Entry

_SHOWN_LETTERS = 40  # of a name


class View:
    """Shows how far a class is: done, running, left, and the time that is still to go."""

    def __init__(self, console: Console, total: int, slots: int) -> None:
        """Begin with none of `total` done."""
        self._console = console
        self._total = total
        self._slots = slots
        self._running: dict[str, tuple[str, float]] = {}
        self._seconds: list[float] = []
        self._done = 0
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._now, console=console, refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        """Show it until the end of the block."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the lines of what is done."""
        self._live.stop()

    def told(self, entry: Entry, graded: Graded | None) -> None:
        """Take in that a submission begins (None), or what came of it."""
        name = plain(entry.name)[:_SHOWN_LETTERS]
        with self._lock:
            if graded is None:
                self._running[entry.key] = (name, time.monotonic())
                return
            self._running.pop(entry.key, None)
            self._done += 1
            if not graded.kept:
                self._seconds.append(graded.seconds)
            done = self._done
        line = Text(f"{done:>{len(str(self._total))}}/{self._total}  {name}  ")
        self._console.print(line.append(_said(graded), style="yellow" if graded.reason else ""))

    def _now(self) -> Table:
        table = Table.grid(padding=(0, 1))
        with self._lock:
            left = self._total - self._done
            running = list(self._running.values())
            mean = sum(self._seconds) / len(self._seconds) if self._seconds else 0.0
        said = _("{done} of {total} done").format(done=self._total - left, total=self._total)
        if mean and left:
            minutes = mean * left / self._slots / 60
            said += ", " + _("about {minutes:.0f} min to go").format(minutes=minutes + 0.5)
        table.add_row(Text(said, style="bold"))
        for name, since in running:
            table.add_row(Text(f"  {name}  {time.monotonic() - since:.0f} s", style="dim"))
        return table


def _said(graded: Graded) -> str:
    if graded.entry.is_empty:
        return _("nothing handed in")
    if graded.results is None or graded.reason:
        first = graded.reason.strip().splitlines()[0] if graded.reason.strip() else ""
        return _("no mark: {reason}").format(reason=plain(first)[:100])
    said = _("{score:g} of {max_score:g}").format(**graded.results)
    return said + (" " + _("(as before)") if graded.kept else "")
