"""What a worker of a Dask cluster does for `check-class` (scale.py): one submission, by a process on its own engine.

It is told plain values alone: what has another version of labcheck must be able to take them, to say so.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from labcheck.grading import check_process, parcel
from labcheck.grading.check_process import CheckProcess, Ran, StoppedError

_LOG_BYTES = 1 << 20  # of what a process says that are sent back

_at_work: list[str] = []  # the clients whose processes run here


class OtherVersionError(Exception):
    """The worker at this address has another version of labcheck than who sent the submission."""


def is_at_work(client: str) -> bool:
    """Tell whether a process runs here for that client."""
    return client in _at_work


def run(client: str, version: str, check: dict[str, Any], packed: bytes, image: str | None) -> tuple[Ran, bytes]:
    """Grade what was handed in; return what came of it, and what was said.

    Raises:
        OtherVersionError: it might be graded otherwise here. OSError: there is no room for it.
    """
    from distributed import Reschedule, Status, get_worker  # noqa: PLC0415 - optional

    worker = get_worker()
    if check_process.version() != version:
        raise OtherVersionError(worker.address)
    key = worker.get_current_task()

    def stopped() -> bool:
        """Tell whether the task is cancelled, be it because its client is gone, or the worker ends."""
        task = worker.state.tasks.get(key)
        return not task or task.state != "executing" or worker.status in {Status.closing, Status.closed, Status.failed}

    _at_work.append(client)
    try:
        # Dask empties this folder once a killed worker is begun anew
        with tempfile.TemporaryDirectory(prefix="labcheck-", dir=worker.local_directory) as scratch:
            path = parcel.unpack(packed, Path(scratch) / "handed-in") if packed else None
            log = Path(scratch) / "log.txt"
            ran = CheckProcess(**check).run(path, image, Path(scratch), log, stopped)
            return ran, log.read_bytes()[-_LOG_BYTES:]
    except StoppedError:
        raise Reschedule from None  # in case that somebody still wants it
    finally:
        _at_work.remove(client)
