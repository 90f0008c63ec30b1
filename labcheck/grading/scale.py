"""A class on many machines: `check` processes on the workers of a Dask cluster, each with an engine of its own.

Scheduling, and what becomes of the work of a worker that is lost, are Dask's: https://distributed.dask.org. A
scheduler runs whatever it is sent, so it is to be reached by TLS or in a closed network alone.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shlex
import sys
import tempfile
import time
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from labcheck import roster
from labcheck.checks import rubric
from labcheck.errors import LabcheckError
from labcheck.grading import check_process, parcel, worker
from labcheck.grading.check_process import Ran
from labcheck.i18n import _
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from distributed import Client
    from typing_extensions import Self

    from labcheck.grading.check_process import CheckProcess
    from labcheck.roster import Entry

_CONNECT_SECONDS, _ANSWER_SECONDS = 10, 20
_WORKER_SECONDS = 60  # for a worker, where there is none: a lost one is begun anew within some seconds
_TIDY_SECONDS = 90  # for the workers, to end what they are at
_POLL_SECONDS = 0.5


def connect(address: str, most: int = 0) -> DaskPool:
    """Return the pool of a scheduler's workers, of which `most` slots are used, all where 0.

    Raises:
        LabcheckError: it is no scheduler's address, or Dask is not installed; no scheduler answers there; a machine of
            the cluster has another version of labcheck.
    """
    try:
        where = urlsplit(address)
        is_right = where.scheme in {"tcp", "tls"} and where.hostname and where.port and not where.path.strip("/")
    except ValueError:  # a port that is none
        is_right = False
    if not is_right:
        raise LabcheckError(
            _("{address} is not a scheduler's address: that is tcp://HOST:PORT or tls://HOST:PORT.").format(
                address=address
            )
        )
    if not importlib.util.find_spec("distributed"):
        (extra,) = rubric.load_toml(CHECKOUT / "pyproject.toml")["project"]["optional-dependencies"]["scale"]
        raise LabcheckError(
            _("A scheduler needs Dask, which is not installed here. Install it: {command}").format(
                command=shlex.join([sys.executable, "-m", "pip", "install", extra])
            )
        )
    return DaskPool(address, most)


class DaskPool:
    """The workers of a cluster: a slot is a thread of one of them."""

    def __init__(self, address: str, most: int) -> None:
        """Connect, as `connect` says."""
        self._address = address
        self._most = most
        self._client = _client(address)
        self._executor = self._client.get_executor(pure=False)
        self._refuse_other_versions()

    def slots(self) -> int:
        """Return how many threads the workers have now.

        Raises:
            LabcheckError: the scheduler does not answer, or has had no workers for a while.
        """
        deadline = time.monotonic() + _WORKER_SECONDS
        while time.monotonic() < deadline:
            if self._client.status != "running":
                raise self._lost()
            threads = int(sum(self._asked(self._client.nthreads).values()))
            if threads:
                return min(threads, self._most or threads)
            time.sleep(_POLL_SECONDS)
        raise LabcheckError(
            _(
                "The scheduler at {address} has no workers. Begin one in a checkout like this one: "
                ".venv/bin/python -m dask worker {address}"
            ).format(address=self._address)
        )

    def submit(self, entry: Entry, check: CheckProcess, log: Path) -> Future[Ran]:
        """Send what somebody handed in to a worker.

        The future raises:
            LabcheckError: the scheduler is lost, or the worker has another version of labcheck.
        """
        graded: Future[Ran] = Future()
        try:
            with tempfile.TemporaryDirectory(prefix="labcheck-") as scratch:
                path, image = roster.gathered(entry, Path(scratch))
                packed = parcel.pack(path) if path else b""
        except (LabcheckError, OSError) as error:
            graded.set_result(Ran(None, trouble=str(error)))
            return graded
        told = (self._client.id, check_process.version(), asdict(check), packed, image)
        sent = self._executor.submit(worker.run, *told)

        def settle(ended: Future[tuple[Ran, bytes]]) -> None:
            try:
                graded.set_result(self._outcome(ended, log))
            except LabcheckError as error:
                graded.set_exception(error)

        sent.add_done_callback(settle)
        return graded

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect; where the block was left early, first wait until the workers have ended what they were at."""
        if kind and not isinstance(error, LabcheckError):  # that is ours: there is nobody to ask
            self._executor.shutdown(wait=False)  # it cancels, which the workers see
            deadline = time.monotonic() + _TIDY_SECONDS
            with suppress(LabcheckError):
                while time.monotonic() < deadline and self._is_at_work():
                    time.sleep(_POLL_SECONDS)
        with suppress(Exception):  # whatever it says of a scheduler that is gone
            self._client.close(timeout=_ANSWER_SECONDS)

    def _is_at_work(self) -> bool:
        return True in self._asked(self._client.run, worker.is_at_work, self._client.id, on_error="return").values()

    def _outcome(self, ended: Future[tuple[Ran, bytes]], log: Path) -> Ran:
        """Return what came of a submission; what was said of it goes to `log`.

        Raises:
            LabcheckError: as `submit`.
        """
        from distributed import KilledWorker  # noqa: PLC0415 - optional

        try:
            ran, said = ended.result()
            log.write_bytes(said)
        except CancelledError:
            raise self._lost() from None
        except worker.OtherVersionError as error:
            raise _other_version(str(error)) from None
        except KilledWorker as error:
            trouble = _("The workers that graded it died, one after the other, the last one at {address}.")
            return Ran(None, trouble=trouble.format(address=error.last_worker.address))
        except Exception as error:  # noqa: BLE001 - whatever went wrong there: the others go on
            return Ran(None, trouble=_("The worker could not grade it: {reason}").format(reason=error))
        return ran

    def _refuse_other_versions(self) -> None:
        version = check_process.version()
        for address, found in self._asked(self._client.run, check_process.version, on_error="return").items():
            if found != version:
                raise _other_version(address)
        try:
            found = self._asked(self._client.run_on_scheduler, check_process.version)
        except ImportError:
            found = ""
        if found != version:
            raise _other_version(self._address)

    def _asked(self, method: Callable[..., Any], *arguments: object, **options: str) -> Any:  # noqa: ANN401 - the method's
        """Return what a method of the client's returns; it would wait for ever.

        Raises:
            LabcheckError: the scheduler, or a worker that it asks, does not answer.
        """

        async def answer() -> object:
            return await method(*arguments, **options)

        try:
            return self._client.sync(answer, callback_timeout=_ANSWER_SECONDS)
        except (OSError, asyncio.TimeoutError) as error:
            raise self._lost() from error

    def _lost(self) -> LabcheckError:
        return LabcheckError(
            _(
                "The scheduler at {address}, or a worker of its, does not answer any more. What was graded is kept: "
                "the same command goes on there."
            ).format(address=self._address)
        )


def _client(address: str) -> Client:
    """Return a client of the scheduler.

    Raises:
        LabcheckError: there is none, or TLS is not set up for it.
    """
    import dask.config  # noqa: PLC0415 - optional

    # before the import: what it would log we say in a sentence; a submission is as large as it is
    levels = dict.fromkeys(("distributed", "distributed.client"), "critical")
    dask.config.set({"logging": levels, "distributed.admin.large-graph-warning-threshold": "4GB"})
    from distributed import Client, Security, rpc  # noqa: PLC0415 - optional

    async def kind() -> str:
        security = Security().get_connection_args("client")
        async with rpc(address, timeout=_CONNECT_SECONDS, connection_args=security) as somebody:
            return str((await somebody.identity())["type"])

    try:
        # a client would wait for ever for the greeting of what is no part of Dask
        found = asyncio.run(asyncio.wait_for(kind(), _ANSWER_SECONDS))
        if found == "Scheduler":
            return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        reason = found
    except (OSError, asyncio.TimeoutError, TypeError) as error:  # TypeError: what Dask makes of TLS without a setting
        reason = str(error) or type(error).__name__
    raise LabcheckError(
        _(
            "No Dask scheduler answers at {address} ({reason}). Begin one in a checkout like this one: "
            ".venv/bin/python -m dask scheduler"
        ).format(address=address, reason=reason)
    )


def _other_version(address: str) -> LabcheckError:
    return LabcheckError(
        _(
            "{address} has another version of labcheck, or none: bring its checkout to the state of this one, and "
            "begin it anew there. What was graded is kept."
        ).format(address=address)
    )
