"""`make bench`: measure, print, and write docs/benchmarks.md with its chart."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks import report, throughput
from labcheck.images import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient
    from rich.console import Console

    from labcheck.bases import Source

NAIVE = CHECKOUT / "benchmarks" / "naive_keeper.py"


def bench(engine: DockerClient, source: Source, baseline: Path | None, console: Console) -> None:
    """Measure and print; with a baseline that is not ours, the page stays as it is.

    Raises:
        LabcheckError: something does not start, or the load cannot be made.
    """
    measured = throughput.measure(engine, source, baseline or NAIVE, console.print)
    console.print(report.table(measured))
    console.print(f"ratios of the rounds: {report.ratios(measured)}")
    if baseline is None:
        where = f"{os.cpu_count()} cores, Engine {engine.version()['Version']}, base images: {source}"
        docs = CHECKOUT / "docs"
        (docs / "benchmarks.md").write_text(report.page(measured, where), encoding="utf-8")
        (docs / "throughput.svg").write_text(report.chart(measured), encoding="utf-8")
        console.print("written: docs/benchmarks.md, docs/throughput.svg")
