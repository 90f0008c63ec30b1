"""`make check-class`: a class graded side by side, each submission by a process of its own that has a lab machine.

A process that hangs, dies or is killed loses itself alone. What is graded lies in `OUT/graded/KEY.json`, written at
once: a run that was interrupted goes on there, and what has not changed since is not graded again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.grading import check_process, destination
from labcheck.grading.check_process import CheckProcess
from labcheck.grading.pool import LocalPool
from labcheck.i18n import _
from labcheck.outputs import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from labcheck.grading.check_process import Ran
    from labcheck.grading.pool import Pool
    from labcheck.roster import Entry

GRADED, LOGS = "graded", "logs"
_LOOK_SECONDS = 10  # between looks at how many slots there are


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    `seconds` is the limit of one submission, `patience` those that its process then has for taking its lab machine
    down; `fingerprint` is what a grade stands on.
    """

    out: Path
    hub: str
    fingerprint: str
    areas: str = ""
    beyond: bool = False
    slots: int = 1
    seconds: float = 1200
    patience: float = 60
    command: Sequence[str] = ()

    @property
    def check(self) -> CheckProcess:
        """What each process is told besides the submission."""
        options = [f"--areas={self.areas}"] if self.areas else []
        options += [] if self.beyond else ["--scored-only"]
        options += [f"--minutes={math.ceil(self.seconds / 60)}"]
        return CheckProcess(options, check_process.environment(self.hub), self.seconds, self.patience, self.command)


@dataclass(frozen=True)
class Graded:
    """What came of one submission: the results of its checks, or None and the reason why there are none."""

    entry: Entry
    results: dict[str, Any] | None
    reason: str = ""
    seconds: float = 0.0
    kept: bool = False


@dataclass(frozen=True)
class _Try:
    """A submission on its way; trouble of our side is tried once more."""

    entry: Entry
    began: float = 0.0
    is_last: bool = False


@dataclass
class Batch:
    """A class on its way: `told` is called whenever a submission begins (None) or is graded.

    It is graded in `pool`, on `settings.slots` of this machine where there is none.
    """

    settings: Settings
    told: Callable[[Entry, Graded | None], object] = lambda _entry, _graded: None
    pool: Pool | None = None
    _fingerprints: dict[str, str] = field(default_factory=dict)

    def grade(self, entries: Sequence[Entry], *, again: bool = False) -> list[Graded]:
        """Grade what has no mark yet, or all of it again; return one Graded an entry, in their order.

        Raises:
            KeyboardInterrupt: Ctrl-C; every process has ended by then, and what was graded is kept.
            LabcheckError: the pool is lost; what was graded is kept.
        """
        done: dict[str, Graded] = {}
        waiting: deque[_Try] = deque()
        for entry in entries:
            kept = None if again else self._kept(entry)
            if kept and not kept.reason:  # what was ungradable may be gradable now
                done[entry.key] = kept
            elif entry.is_empty:
                done[entry.key] = Graded(entry, None)
            else:
                waiting.append(_Try(entry))
                continue
            self.told(entry, done[entry.key])
        with self.pool or LocalPool(self.settings.slots) as pool:
            running: dict[Future[Ran], _Try] = {}
            while waiting or running:
                free = pool.slots() - len(running)
                for _slot in range(min(free, len(waiting))):
                    begun = self._begun(waiting.popleft())
                    running[pool.submit(begun.entry, self.settings.check, self._log(begun.entry))] = begun
                finished, _unfinished = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
                for one, future in [(running.pop(future), future) for future in finished]:
                    graded = self._graded(one, future.result())
                    if graded.reason and not one.is_last:
                        waiting.appendleft(replace(one, is_last=True))
                        continue
                    self._keep(graded)
                    done[one.entry.key] = graded
                    self.told(one.entry, graded)
        return [done[entry.key] for entry in entries]

    def kept(self, entries: Iterable[Entry]) -> list[Graded]:
        """Return what earlier runs graded of the entries, as far as it still counts."""
        return [graded for entry in entries if (graded := self._kept(entry))]

    def _kept(self, entry: Entry) -> Graded | None:
        """Return what an earlier run made of the same submission, on the same rubric and bases."""
        with suppress(OSError, ValueError, KeyError):
            kept = json.loads(self._file(entry).read_text(encoding="utf-8"))
            if kept["fingerprint"] == self._fingerprint(entry):
                return Graded(entry, kept["results"], kept["reason"], kept["seconds"], kept=True)
        return None

    def _begun(self, one: _Try) -> _Try:
        """Say that a submission begins, the first time that it is tried."""
        self._log(one.entry).unlink(missing_ok=True)
        if one.is_last:
            return one
        self.told(one.entry, None)
        return replace(one, began=time.monotonic())

    def _graded(self, one: _Try, ran: Ran) -> Graded:
        """Return what came of a process: results, None where there are none, and the reason why there is no mark."""
        reason = ran.trouble
        if not reason and ran.code is None:
            minutes = self.settings.seconds / 60
            reason = _("It took longer than {minutes:.0f} min, and was ended.").format(minutes=minutes)
        elif not reason and ran.results is None:
            reason = _last_words(self._log(one.entry))
        elif ran.results and ran.code == check_process.TROUBLE:
            ungradable = [check for check in ran.results["checks"] if check["verdict"] == "ungradable"]
            if ungradable:
                reason = f"{', '.join(check['id'] for check in ungradable)}: {ungradable[0]['actual']}"
        results = None if ran.code is None else ran.results
        return Graded(one.entry, results, reason, time.monotonic() - one.began)

    def _keep(self, graded: Graded) -> None:
        kept: dict[str, Any] = {"fingerprint": self._fingerprint(graded.entry), "results": graded.results}
        kept |= {"reason": graded.reason, "seconds": round(graded.seconds, 1)}
        files.replace(self._file(graded.entry), json.dumps(kept, ensure_ascii=False, indent=1).encode())

    def _file(self, entry: Entry) -> Path:
        return self.settings.out / GRADED / f"{entry.key}.json"

    def _log(self, entry: Entry) -> Path:
        return self.settings.out / LOGS / f"{entry.key}.txt"

    def _fingerprint(self, entry: Entry) -> str:
        """Return what a grade of the entry stands on, as the submission was when this run first looked at it."""
        if entry.key not in self._fingerprints:
            settings = self.settings
            parts = [
                settings.fingerprint,
                settings.areas,
                str(settings.beyond),
                entry.image or "",
                roster.digest(entry),
            ]
            self._fingerprints[entry.key] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return self._fingerprints[entry.key]


@contextmanager
def opened(out: Path) -> Iterator[None]:
    """Hold the folder of the results: it is made, and no other run works in it.

    Raises:
        LabcheckError: another run does, or it cannot be made.
    """
    destination.make(out, out / GRADED, out / LOGS)
    with (out / GRADED / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabcheckError(_("Another run is writing to {folder}.").format(folder=out)) from None
        yield


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
    return "\n".join(lines).removeprefix(_("Error:")).strip() or _("The process that graded it ended without a word.")
