"""Load on one address, by wrk in a container on the same network: the same path for all that is compared."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labcheck.checks.testbed import LabContainer

TIMEOUT_SECONDS = 10  # a request that takes longer is an error


@dataclass(frozen=True)
class Result:
    """What wrk saw: requests a second, milliseconds, and how many requests failed (no answer, or not 2xx or 3xx)."""

    per_second: float
    median_ms: float
    p99_ms: float
    errors: int


def run(wrk: LabContainer, url: str, method: str, *, clients: int, seconds: int) -> Result:
    """Send requests for a while.

    Raises:
        LabcheckError: wrk cannot be run.
    """
    options = ["-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s", "-s", "/load.lua"]
    code, output = wrk.inside("wrk", *options, url, "--", method)
    if code:
        raise LabcheckError(output)
    per_second, median_ms, p99_ms, errors = output.splitlines()[-1].split()
    return Result(float(per_second), float(median_ms), float(p99_ms), int(errors))


def middle(results: Iterable[Result]) -> Result:
    """Return the medians of several runs; their errors are added up."""
    runs = list(results)
    return Result(
        median(run.per_second for run in runs),
        median(run.median_ms for run in runs),
        median(run.p99_ms for run in runs),
        sum(run.errors for run in runs),
    )


def mysqlslap(database: LabContainer, *, clients: int, queries: int) -> float:
    """Return how many SELECTs a second MySQL itself answers, by its own load generator, inside its container.

    Raises:
        LabcheckError: mysqlslap cannot be run.
    """
    options = ["--host=127.0.0.1", "--user=root", "--create-schema=vars", "--no-drop", "--csv"]
    options += [f"--concurrency={clients}", f"--number-of-queries={queries}"]
    query = "--query=SELECT value FROM vars.vars WHERE name = 'bench'"
    code, output = database.inside("env", "MYSQL_PWD=123", "mysqlslap", *options, query)
    if code:
        raise LabcheckError(output)
    return queries / float(output.strip().splitlines()[-1].split(",")[2])
