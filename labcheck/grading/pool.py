"""Where the submissions of a class are graded side by side: threads of this machine, or another `Pool` (scale.py)."""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.grading.check_process import Ran

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from labcheck.grading.check_process import CheckProcess
    from labcheck.roster import Entry


class Pool(Protocol):
    """An executor of `check` processes. A block that ends in an exception ends what is still running."""

    def slots(self) -> int:
        """Return how many can run side by side now."""

    def submit(self, entry: Entry, check: CheckProcess, log: Path) -> Future[Ran]:
        """Begin to grade what somebody handed in; what the process says goes to `log`."""

    def __enter__(self) -> Self:
        """Return the pool."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait until nothing runs any more."""


class LocalPool:
    """This machine: a thread for each process, which is waited for there."""

    def __init__(self, slots: int) -> None:
        """Take how many run side by side."""
        self._slots = slots
        self._executor = ThreadPoolExecutor(slots)
        self._stopped = threading.Event()

    def slots(self) -> int:
        """Return how many can run side by side."""
        return self._slots

    def submit(self, entry: Entry, check: CheckProcess, log: Path) -> Future[Ran]:
        """Begin to grade what somebody handed in."""
        return self._executor.submit(self._run, entry, check, log)

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait until nothing runs any more, and end it where the block failed."""
        if kind:
            self._stopped.set()
        self._executor.shutdown(cancel_futures=True)

    def _run(self, entry: Entry, check: CheckProcess, log: Path) -> Ran:
        with tempfile.TemporaryDirectory(prefix="labcheck-") as scratch:
            gathered = Path(scratch) / "handed-in"
            gathered.mkdir()
            try:
                path, image = roster.gathered(entry, gathered)
                return check.run(path, image, Path(scratch), log, self._stopped.is_set)
            except (LabcheckError, OSError) as error:
                return Ran(None, trouble=str(error))
