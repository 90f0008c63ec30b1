"""`check` of one submission, as a process of its own: what hangs, dies or is killed loses itself alone."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcheck.checks import rubric
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PARENT = "LABCHECK_PARENT"  # set for the process: whose child it is, and shall not outlive
TROUBLE = 2  # its exit code where there is no mark
_POLL_SECONDS = 0.5
# they name the one submission of `make check`
_NOT_PASSED_ON = {"SUBMISSION", "IMAGE", "AREAS", "SCORED", "ENGINE", "RESULTS", "LABCHECK_RUN"}
_LANGUAGES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in gettext's order
_PR_SET_PDEATHSIG = 1  # prctl(2)


class StoppedError(Exception):
    """The process was ended because nobody wants its grade any more."""


@dataclass(frozen=True)
class Ran:
    """How it ended: `code` None where it took too long, or where there was none at all: then `trouble` says why."""

    code: int | None
    results: dict[str, Any] | None = None
    trouble: str = ""


@dataclass(frozen=True)
class CheckProcess:
    """What it is told: plain values, since they may be sent to another machine.

    `seconds` is its limit, `patience` those that it then has for taking its lab machine down; `command` is another one
    than `check` of the machine that it runs on.
    """

    options: Sequence[str]
    environment: dict[str, str]
    seconds: float
    patience: float
    command: Sequence[str] = ()

    def run(self, path: Path | None, image: str | None, scratch: Path, log: Path, stopped: Callable[[], bool]) -> Ran:
        """Grade what was handed in, and write what is said to `log`; once `stopped()` it is ended.

        Raises:
            StoppedError: it was. OSError: there is no room for its files.
        """
        results = scratch / "results.json"
        results.unlink(missing_ok=True)
        options = [*self.options, f"--results={results}"]
        options += [f"--submission={path.absolute()}"] if path else []
        options += [f"--image={image}"] if image else []
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - a command of ours
                [*(self.command or (sys.executable, "-m", "labcheck", "check")), *options],
                cwd=images.CHECKOUT,
                env={**_own_environment(), **self.environment, PARENT: str(os.getpid())},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
            code = self._ended(process, stopped)
        return Ran(code, _loaded(results))

    def _ended(self, process: subprocess.Popen[bytes], stopped: Callable[[], bool]) -> int | None:
        """Wait and return the exit code, None where it had to be ended."""
        deadline = time.monotonic() + self.seconds
        is_stopped = False
        try:
            while (left := deadline - time.monotonic()) > 0 and not (is_stopped := stopped()):
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(min(left, _POLL_SECONDS))
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.patience)
        finally:
            process.kill()
            process.wait()
        if is_stopped:
            raise StoppedError
        return None


def environment(hub: str) -> dict[str, str]:
    """Return what the process is told by its environment: where bases come from, and the language of this one."""
    language = next((os.environ[name] for name in _LANGUAGES if os.environ.get(name)), "C")
    return {"HUB": hub, "COLUMNS": "100", "LANGUAGE": language}


def version() -> str:
    """Return the digest of the rubric and the tool: machines that have the same give the same marks."""
    state = hashlib.sha256()
    for folder in (rubric.DIRECTORY, images.CHECKOUT / "labcheck"):
        for file in sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".toml", ".sh", ".po"}):
            state.update(f"{file.relative_to(images.CHECKOUT)}\n".encode() + file.read_bytes())
    return state.hexdigest()


def end_with_parent() -> None:
    """Have the system end this process (SIGTERM) with the one that began it for a class: nobody else would end it.

    Raises:
        KeyboardInterrupt: that one is gone already.
    """
    parent = os.environ.pop(PARENT, "")
    if parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if str(os.getppid()) != parent:
            raise KeyboardInterrupt


def _own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}


def _loaded(file: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        return dict(json.loads(file.read_text(encoding="utf-8")))
    return None
