"""A suite of our tests as a process of its own: what it says is passed on as it comes, and it ends in time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_LAST_LINES = 10


def run(  # noqa: PLR0913 - what a process is made of
    directory: Path,
    options: Sequence[str],
    environment: Mapping[str, str],
    tell: Callable[[dict[str, Any]], object],
    *,
    seconds: float,
    patience: float = 0,
) -> tuple[int, str]:
    """Run the tests of a directory with options of pytest's; return its exit code and the last lines that it printed.

    `tell` is told what the suite writes to `--live`; `environment` is added to ours. After `seconds`, or when we are
    interrupted, it is ended: first it has `patience` seconds to tidy up, as after a Ctrl-C of its own.
    """
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "pytest", str(directory), "-n0", "-q", "-p", "no:cacheprovider"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(  # noqa: S603 - a command of ours
            [*command, f"--live={writing}", *options],
            cwd=images.CHECKOUT,
            env={**_own_environment(), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            pass_fds=[writing],
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
        os.close(writing)
        limit = threading.Timer(seconds, _end, [process, patience])
        limit.start()
        try:
            with os.fdopen(reading) as lines:
                for line in lines:
                    tell(json.loads(line))
            process.wait()
        finally:
            limit.cancel()
            _end(process, patience)
        output.seek(0)
        return process.returncode, "\n".join(output.read().splitlines()[-_LAST_LINES:])


def _own_environment() -> dict[str, str]:
    """Return ours, without what pytest tells its children: this one is not part of the run that we may be in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    if patience and process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
