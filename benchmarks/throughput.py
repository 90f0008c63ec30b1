"""Requests a second: the baseline, the reference, and the two limits, MySQL alone and the server alone, in one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.load import LoadGenerator, Result, middle, mysqlslap
from labcheck.checks import testbed
from labcheck.checks.keeper import Keeper
from labcheck.checks.testbed import Database
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient
    from testcontainers.core.network import Network

    from labcheck.images.bases import Source

HERE = CHECKOUT / "benchmarks"
IMAGE = "var_keeper:latest"
ROUNDS, SECONDS = 5, 4
CLIENTS = 32  # the reference's, where it is compared; the baseline has its best at one
SWEEP = (1, 8, 32, 128, 256)
QUERIES = 20_000
METHODS = ("GET", "POST")
NAME = "/var/bench"


@dataclass
class Throughput:
    """What a run measured; `rounds` in pairs, baseline and reference one after the other."""

    baseline: dict[str, list[Result]] = field(default_factory=lambda: {method: [] for method in METHODS})
    reference: dict[str, list[Result]] = field(default_factory=lambda: {method: [] for method in METHODS})
    sweep: dict[tuple[str, int], Result] = field(default_factory=dict)
    constant: list[Result] = field(default_factory=list)
    mysql: list[float] = field(default_factory=list)  # SELECTs a second

    def ratios(self, method: str) -> list[float]:
        """Return reference to baseline of each round."""
        pairs = zip(self.reference[method], self.baseline[method], strict=True)
        return [reference.per_second / baseline.per_second for reference, baseline in pairs]

    def rows(self) -> list[tuple[str, Result, float]]:
        """Return what is compared: its name, the medians of the rounds, the median of its ratios to the baseline."""
        found = []
        for method in METHODS:
            found.append((f"baseline, {method}, 1 client", middle(self.baseline[method]), 1.0))
            name = f"reference, {method}, {CLIENTS} clients"
            found.append((name, middle(self.reference[method]), median(self.ratios(method))))
        bases = [result.per_second for result in self.baseline["GET"]]
        limit = median(result.per_second / base for result, base in zip(self.constant, bases, strict=True))
        found.append((f"its server and Flask alone, {CLIENTS} clients", middle(self.constant), limit))
        slap = median(rate / base for rate, base in zip(self.mysql, bases, strict=True))
        found.append((f"MySQL alone (mysqlslap, {CLIENTS} clients)", Result(median(self.mysql), 0, 0, 0), slap))
        return found


def measure(engine: DockerClient, source: Source, baseline: Path, say: Callable[[str], None]) -> Throughput:
    """Measure all of it, on containers of this run.

    Raises:
        LabcheckError: something does not start, or the load cannot be made.
    """
    mysql = toolimages.ensure(engine, source, CHECKOUT / "labcheck" / "images" / "ready_mysql")
    with (
        testbed.network() as network,
        Database(mysql, network) as database,
        LoadGenerator(engine, source, network) as wrk,
        _keeper(network, baseline) as slow,
        _keeper(network) as reference,
        _keeper(network, HERE / "constant_keeper.py") as constant,
    ):
        reference.keep(NAME.removeprefix("/var/"), "hello", hint="")
        measured = Throughput()

        def load(keeper: Keeper, path: str, method: str, clients: int) -> Result:
            return wrk.load(f"http://{keeper.address}:5000{path}", method, clients=clients, seconds=SECONDS)

        for keeper, clients in ((slow, 1), (reference, CLIENTS), (constant, CLIENTS)):  # nobody starts cold
            for method in METHODS:
                load(keeper, NAME, method, clients)
        for number in range(1, ROUNDS + 1):
            say(f"round {number} of {ROUNDS} …")
            for method in METHODS:
                measured.baseline[method].append(load(slow, NAME, method, 1))
                measured.reference[method].append(load(reference, NAME, method, CLIENTS))
            measured.constant.append(load(constant, "/constant", "GET", CLIENTS))
            measured.mysql.append(mysqlslap(database, clients=CLIENTS, queries=QUERIES))
        for clients in SWEEP:
            say(f"{clients} clients …")
            for method in METHODS:
                measured.sweep[method, clients] = load(reference, NAME, method, clients)
        return measured


def _keeper(network: Network, app: Path | None = None) -> Keeper:
    """Return a container of the keeper's image, with another program in the place of its own."""
    keeper = Keeper(IMAGE, network=network, command=[app.name if app else "app.py"])
    if app:
        keeper.with_copy_into_container(app.read_bytes(), f"/app/{app.name}")
    return keeper
