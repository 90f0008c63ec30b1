"""Load on one address, by wrk in a container on the same network: the same path for all that is compared."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from labcheck.checks.testbed import LabContainer
from labcheck.errors import LabcheckError
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker import DockerClient
    from testcontainers.core.network import Network

    from labcheck.images.bases import Source

TIMEOUT_SECONDS = 10  # a request that takes longer is an error


@dataclass(frozen=True)
class Result:
    """What wrk saw: requests a second, milliseconds, and how many requests failed (no answer, or not 2xx or 3xx)."""

    per_second: float
    median_ms: float
    p99_ms: float
    errors: int


class LoadGenerator(LabContainer):
    """wrk in a container of this run, on the network of what it loads.

    Where a server closes every connection, as Flask's own does, each leaves a port of wrk's that waits for a minute.
    Once half of the ports wait, after 14,000 connections, to find a free one takes the kernel longer than the server
    takes to answer: a rate of 1400 falls to 400. So ports are used again after a second: `tcp_tw_reuse` in
    https://docs.kernel.org/networking/ip-sysctl.html.
    """

    def __init__(self, engine: DockerClient, source: Source, network: Network) -> None:
        """Make the image of wrk where there is none."""
        image = toolimages.ensure(engine, source, CHECKOUT / "benchmarks" / "wrk")
        super().__init__(image, network=network, sysctls={"net.ipv4.tcp_tw_reuse": "1"})

    def load(self, url: str, method: str, *, clients: int, seconds: int) -> Result:
        """Send requests for a while.

        Raises:
            LabcheckError: wrk cannot be run.
        """
        options = ["-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s", "-s", "/load.lua"]
        code, output = self.inside("wrk", *options, url, "--", method)
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
