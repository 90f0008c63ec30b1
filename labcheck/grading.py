"""Grade one submission: the rubric as a process of its own, on the engine of a lab machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcheck import images, rubric
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labcheck.submission import Submission

SECONDS = 900


@dataclass(frozen=True)
class Request:
    """What is to be graded: a folder or file, an image, or both; `areas` of the rubric, all where empty."""

    path: Path | None
    image: str | None = None
    areas: Sequence[str] = ()
    scored_only: bool = False

    @property
    def options(self) -> list[str]:
        """The options of the rubric's plugin that say so."""
        return [f"--areas={','.join(self.areas)}", *(["--scored-only"] if self.scored_only else [])]


def grade(
    handed_in: Submission,
    request: Request,
    environment: dict[str, str],
    scratch: Path | None,
    tell: Callable[[dict[str, Any]], object],
) -> dict[str, Any]:
    """Run the rubric and return the results of the submission; `tell` is told every outcome as it comes.

    `environment` says which engine it is to work on; `scratch` is a folder that has the same path there as here.

    Raises:
        LabcheckError: the rubric did not come to an end; what it said last is in the message.
    """
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        results = Path(directory) / "results.json"
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "pytest", str(rubric.DIRECTORY), "-n0", "-q", "-p", "no:cacheprovider"]
        described = Path(directory) / "handed-in.json"
        handed_in.write(described)
        command += [f"--handed-in={described}", f"--results={results}", f"--live={writing}", *request.options]
        command += [f"--basetemp={scratch}"] if scratch else []
        with (Path(directory) / "output").open("w+") as output:
            process = subprocess.Popen(  # noqa: S603 - a command of ours
                command,
                cwd=images.CHECKOUT,
                env={**_own_environment(), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                pass_fds=[writing],
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
            os.close(writing)
            limit = threading.Timer(SECONDS, _end, [process])
            limit.start()
            try:
                with os.fdopen(reading) as lines:
                    for line in lines:
                        tell(json.loads(line))
                process.wait()
            finally:
                limit.cancel()
                _end(process)
            if not results.is_file():
                output.seek(0)
                last = "\n".join(output.read().splitlines()[-10:])
                raise LabcheckError(_("The checks did not come to an end. They said last:\n{lines}").format(lines=last))
        return dict(json.loads(results.read_text(encoding="utf-8")))


def _own_environment() -> dict[str, str]:
    """Return ours, without what pytest tells its children: this one is not part of the run that we may be in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
