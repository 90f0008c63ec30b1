"""`make bench` and `make ladder`: measure, print, and write the pages in docs/ with their charts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks import grading, grading_report, ladder, ladder_report, throughput, throughput_report
from benchmarks.ratios import Ratio
from labcheck.images import bases
from labcheck.images import lab as images
from labcheck.images.lab import CHECKOUT, LAB_IMAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docker import DockerClient
    from rich.console import Console

    from benchmarks.ladder import Rung
    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

DOCS = CHECKOUT / "docs"
NAIVE = CHECKOUT / "benchmarks" / "naive_keeper.py"
LAB_MB = {"flask:clean": 900, "flask:alpine": 60.5}  # what the lab's author measured (steps 117, 131)
MB = 1_000_000
_HEAD = """# Benchmarks

Written by `make bench`. Measured on {where}. All that is compared ran side by side in one run; seconds differ from
machine to machine, ratios hardly.

| what | here | beside | ratio |
|---|---:|---:|---:|
{rows}

The images, rung by rung: [ladder.md](ladder.md).
"""


def bench(record: Record, source: Source, baseline: Path | None, console: Console) -> None:
    """Measure all of it and write the pages; with a baseline that is not ours, the keeper alone, and no page.

    Raises:
        LabcheckError: something does not start, or the load cannot be made.
    """
    keeper = throughput.measure(record.engine, source, baseline or NAIVE, console.print)
    console.print(throughput_report.table(keeper))
    console.print(f"ratios of the rounds: {throughput_report.ratios(keeper)}")
    if baseline is not None:
        return
    graded = grading.measure(source, console.print)
    rungs = climb(record, source, console)
    ratios = [*_sizes(record.engine, source), *_builds(rungs), *throughput_report.rows(keeper), graded.ratio()]
    console.print(_table(ratios))
    head = _HEAD.format(where=_where(record.engine, source), rows="\n".join(map(str, ratios)))
    sections = [head, throughput_report.section(keeper), grading_report.section(graded)]
    _write({"benchmarks.md": "\n".join(sections), "throughput.svg": throughput_report.chart(keeper)}, console)


def climb(record: Record, source: Source, console: Console) -> list[Rung]:
    """Measure the ladder, print it, write its page, and return it.

    Raises:
        LabcheckError: a rung does not build, start or answer.
    """
    rungs = ladder.measure(record, source, console.print)
    console.print(ladder_report.table(rungs))
    page = ladder_report.page(rungs, _where(record.engine, source))
    _write({"ladder.md": page, "ladder.svg": ladder_report.chart(rungs)}, console)
    return rungs


def _where(engine: DockerClient, source: Source) -> str:
    return f"{os.cpu_count()} cores, Engine {engine.version()['Version']}, base images: {source}"


def _sizes(engine: DockerClient, source: Source) -> list[Ratio]:
    """Return the images' sizes beside what the lab's author has, in MB."""
    kind = "" if source.kind != bases.STANDIN.kind else " (on a stand-in)"
    tags = [tag for image in LAB_IMAGES for tag in image.tags if tag in LAB_MB]
    return [Ratio(f"{tag}, MB{kind}; the lab's", images.size(engine, tag) / MB, LAB_MB[tag]) for tag in tags]


def _builds(rungs: Sequence[Rung]) -> list[Ratio]:
    """Return the seconds of a build after a change of the code, ours beside the lab's order of steps."""
    again = {rung.name: rung.again for rung in rungs}
    return [Ratio("build after a change of app.py, s; in the lab's order", again["5-tidy"], again["4-alpine"])]


def _table(ratios: Sequence[Ratio]) -> Table:
    made = Table("what", "here", "beside", "ratio")
    for ratio in ratios:
        made.add_row(*ratio.cells)
    return made


def _write(files: dict[str, str], console: Console) -> None:
    for name, text in files.items():
        (DOCS / name).write_text(text, encoding="utf-8")
        console.print(f"written: docs/{name}")
