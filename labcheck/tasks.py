"""Run tasks that depend on each other side by side, while a person sees what is done, how far, and for how long."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from labcheck import interrupt
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.progress import TaskID

    Say = Callable[[str], None]

_ABREAST = 8  # downloads and compilers take turns on the processors by themselves
_TIDY_SECONDS = 30


@dataclass
class Task:
    """One piece of work.

    Args:
        name: what a person reads; unique among the tasks of a run.
        work: does it; it is given a function that takes the last line of news.
        after: the names of the tasks that must be done before.
    """

    name: str
    work: Callable[[Say], object]
    after: list[str] = field(default_factory=list)


class _Board:
    """What a person sees: on a terminal a live list, elsewhere a line when a task begins and when it ends."""

    def __init__(self, tasks: list[Task], console: Console) -> None:
        self.console = console
        news = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self.progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/green]"),
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            TimeElapsedColumn(),
            TextColumn("{task.fields[news]}", style="dim", markup=False, table_column=news),
            console=console,
            expand=True,
            disable=not console.is_terminal,
        )
        self.rows = {task.name: self._row(task.name, start=False) for task in tasks}
        self.all = self._row(_("all together"), start=True, total=len(tasks))
        self.ended(0)

    def _row(self, name: str, *, start: bool, total: int = 1) -> TaskID:
        return self.progress.add_task(escape(name), start=start, total=total, news="")

    def run(self, task: Task) -> object:
        """Do the task's work, showing that it has begun, its news, and how it ended."""
        row, began = self.rows[task.name], time.monotonic()
        self.progress.start_task(row)
        self._line(_("  begin   {name}").format(name=task.name))
        try:
            result = task.work(lambda news: self.progress.update(row, news=news))
        except BaseException:
            self.progress.update(row, description=f"[red]✗ {escape(task.name)}[/red]")
            self.progress.stop_task(row)
            self._line(_("  failed  {name}, {seconds:.0f} s").format(name=task.name, seconds=time.monotonic() - began))
            raise
        self.progress.update(row, completed=1, news="")
        self._line(_("  done    {name}, {seconds:.0f} s").format(name=task.name, seconds=time.monotonic() - began))
        return result

    def ended(self, count: int) -> None:
        """Show how many tasks are done."""
        news = _("{done} of {all} done").format(done=count, all=len(self.rows))
        self.progress.update(self.all, completed=count, news=news)

    def _line(self, text: str) -> None:
        if not self.console.is_terminal:
            self.console.print(text, markup=False, highlight=False)


def run(tasks: list[Task], console: Console) -> None:
    """Run the tasks side by side, each after those it names.

    Raises:
        LabcheckError: a task failed (the first one's error, after the others have stopped).
        KeyboardInterrupt: Ctrl-C, after every task has tidied up.
    """
    if not tasks:
        return
    graph = TopologicalSorter({task.name: task.after for task in tasks})
    graph.prepare()
    by_name = {task.name: task for task in tasks}
    running: dict[Future[object], Task] = {}
    done = 0
    board = _Board(tasks, console)
    pool = ThreadPoolExecutor(_ABREAST)
    with board.progress:
        try:
            while graph.is_active():
                running |= {pool.submit(board.run, by_name[name]): by_name[name] for name in graph.get_ready()}
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    future.result()
                    graph.done(running.pop(future).name)
                    done += 1
                    board.ended(done)
        except BaseException:
            interrupt.interrupt()
            wait(running, timeout=_TIDY_SECONDS)
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
