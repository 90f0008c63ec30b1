"""`make check-class`: a class graded side by side, each submission by a process of its own that has a lab machine.

A process that hangs, dies or is killed loses itself alone. What is graded lies in `OUT/graded/KEY.json`, written at
once: a run that was interrupted goes on there, and what has not changed since is not graded again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcheck import images, roster
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.outputs import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from labcheck.roster import Entry

GRADED, LOGS = "graded", "logs"
_TROUBLE = 2  # the exit code of `check` where there is no mark
_INTERRUPTED = 130


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
    command: Sequence[str] = (sys.executable, "-m", "labcheck", "check")


@dataclass(frozen=True)
class Graded:
    """What came of one submission: the results of its checks, or None and the reason why there are none."""

    entry: Entry
    results: dict[str, Any] | None
    reason: str = ""
    seconds: float = 0.0
    kept: bool = False


@dataclass
class Batch:
    """A class on its way: `told` is called whenever a submission begins (None) or is graded."""

    settings: Settings
    told: Callable[[Entry, Graded | None], object] = lambda _entry, _graded: None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _fingerprints: dict[str, str] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def grade(self, entries: Sequence[Entry], *, again: bool = False) -> list[Graded]:
        """Grade what has no mark yet, or all of it again; return one Graded an entry, in their order.

        Raises:
            KeyboardInterrupt: Ctrl-C; every process has ended by then, and what was graded is kept.
        """
        done: dict[str, Graded] = {}
        waiting = []
        for entry in entries:
            kept = None if again else self._kept(entry)
            if kept and not kept.reason:  # what was ungradable may be gradable now
                done[entry.key] = kept
                self.told(entry, kept)
            else:
                waiting.append(entry)
        with ThreadPoolExecutor(self.settings.slots) as pool:
            left: dict[Future[Graded], Entry] = {pool.submit(self._grade, entry): entry for entry in waiting}
            try:
                while left:
                    finished, _unfinished = wait(left, return_when=FIRST_COMPLETED)
                    for future in finished:
                        entry = left.pop(future)
                        done[entry.key] = future.result()
                        self.told(entry, done[entry.key])
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                for process in list(self.running.values()):
                    _signal(process, signal.SIGTERM)
                raise
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

    def _grade(self, entry: Entry) -> Graded:
        """Grade one submission; trouble of our side is tried once more."""
        if entry.is_empty:
            return Graded(entry, None)
        self.told(entry, None)
        began = time.monotonic()
        results, reason = self._run(entry)
        if (results is None or reason) and not self._stopped.is_set():
            results, reason = self._run(entry)
        graded = Graded(entry, results, reason, time.monotonic() - began)
        if not self._stopped.is_set():
            self._keep(graded)
        return graded

    def _run(self, entry: Entry) -> tuple[dict[str, Any] | None, str]:
        """Return the results, None where there are none, and why there is no mark, empty where there is one."""
        results_file = self.settings.out / GRADED / f"{entry.key}.new"
        results_file.unlink(missing_ok=True)
        log = self.settings.out / LOGS / f"{entry.key}.txt"
        with tempfile.TemporaryDirectory(prefix="labcheck-") as scratch, log.open("wb") as output:
            try:
                options = self._options(*roster.gathered(entry, Path(scratch)))
            except (LabcheckError, OSError) as error:
                return None, str(error)
            process = subprocess.Popen(  # noqa: S603 - a command of ours
                [*self.settings.command, *options, f"--results={results_file}"],
                cwd=images.CHECKOUT,
                env=_environment(self.settings.hub),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
            self.running[entry.key] = process
            try:
                code = _ended(process, self.settings.seconds, self.settings.patience)
            finally:
                del self.running[entry.key]
        if code is None:
            minutes = self.settings.seconds / 60
            return None, _("It took longer than {minutes:.0f} min, and was ended.").format(minutes=minutes)
        results = _loaded(results_file)
        if results is None:
            return None, _last_words(log)
        ungradable = [check["id"] for check in results["checks"] if check["verdict"] == "ungradable"]
        if code == _TROUBLE and ungradable:
            said = next(check["actual"] for check in results["checks"] if check["verdict"] == "ungradable")
            return results, f"{', '.join(ungradable)}: {said}"
        return results, ""

    def _options(self, path: Path | None, image: str | None) -> list[str]:
        options = [f"--submission={path.absolute()}"] if path else []
        options += [f"--image={image}"] if image else []
        options += [f"--areas={self.settings.areas}"] if self.settings.areas else []
        return options if self.settings.beyond else [*options, "--scored-only"]

    def _keep(self, graded: Graded) -> None:
        kept: dict[str, Any] = {"fingerprint": self._fingerprint(graded.entry), "results": graded.results}
        kept |= {"reason": graded.reason, "seconds": round(graded.seconds, 1)}
        files.replace(self._file(graded.entry), json.dumps(kept, ensure_ascii=False, indent=1).encode())

    def _file(self, entry: Entry) -> Path:
        return self.settings.out / GRADED / f"{entry.key}.json"

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
        LabcheckError: another run does.
    """
    for name in (GRADED, LOGS):
        (out / name).mkdir(parents=True, exist_ok=True)
    with (out / GRADED / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabcheckError(_("Another run is writing to {folder}.").format(folder=out)) from None
        yield


def _environment(hub: str) -> dict[str, str]:
    """Return ours, without what names the one submission of `make check`."""
    ours = {"SUBMISSION", "IMAGE", "AREAS", "SCORED", "ENGINE", "RESULTS", "LABCHECK_RUN"}
    return {**{name: value for name, value in os.environ.items() if name not in ours}, "HUB": hub, "COLUMNS": "100"}


def _ended(process: subprocess.Popen[bytes], seconds: float, patience: float) -> int | None:
    """Wait and return the exit code, None where it had to be ended; it may take its lab machine down first."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(seconds)
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    _signal(process, signal.SIGKILL)
    process.wait()
    return None


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def _loaded(file: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    finally:
        file.unlink(missing_ok=True)


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
    return "\n".join(lines).removeprefix(_("Error:")).strip() or _("The process that graded it ended without a word.")
