"""The ladder as a table in the terminal, a page and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks.ladder import CLIENTS, ROUNDS, SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.ladder import Rung

WIDTH, LABEL, ROW, BAR = 760, 130, 34, 20  # pixels of the chart
WHOLE, CUT = "#2a6f97", "#a9b4bd"
MB = 1_000_000
HEADS = ("rung", "MB", "layers", "build s", "changed s", "answer ms", "requests/s", "memory MB")
PLACE = "../benchmarks/ladder"
HEAD = """# The ladder

The lab gets from {first:.0f} MB to {stop:.0f} and stops there (step 128). Further down it goes to {last:.0f} MB, with
the same app and the same answers. Each rung is a Dockerfile of a few lines in `benchmarks/ladder/`, and each costs
something.

Written by `make ladder`. Measured on {where}.
Builds are cold but for the base image; packages come over the network, so seconds of a build are roughly its own;
"changed" is a build after a change of app.py. "Answer" is from `docker run` to the first answer; requests are made by
{clients} client for {seconds} s to Flask's own server, which is what `python app.py` starts; memory is the app's after
them. Of these three each rung has {rounds} rounds, all rungs in turn: the fastest start counts, and the medians of the
others.

![sizes](ladder.svg)
"""
COSTS = {
    "1-lab": "Nothing to know; whatever lies in the folder is sent to the engine, and stays in the image.",
    "2-clean": "A list of what belongs in the image, here in COPY, in the lab in `.dockerignore`, has to be kept.",
    "3-slim": "No compiler, no headers, no `ps`: a package without a wheel does not install.",
    "4-alpine": "musl in place of glibc: packages need musllinux wheels, and some programs run slower.",
    "5-tidy": "Without bytecode Python compiles every module at every start.",
    "6-no-pip": "More than before: a layer can hide files of those below, not take them away. Do not.",
    "7-multi-stage": "One layer that shares nothing with its base: each push and pull carries all of it; what the base "
    "sets (ENV, CMD) has to be said again; the classic builder looks through all files at every build.",
    "8-scratch": "No shell for `docker exec`; a module that the trial run did not import is missing when it is needed. "
    "Only for what is tested well; the lab's next part wants `sh` and `ps`.",
}


def table(rungs: Sequence[Rung]) -> Table:
    """Return the rungs as a table for the terminal."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for at, head in enumerate(HEADS):
        made.add_column(head, justify="right" if at else "left", no_wrap=True)
    for rung in rungs:
        made.add_row(*_cells(rung))
    return made


def page(rungs: Sequence[Rung], where: str) -> str:
    """Return the page docs/ladder.md."""
    first, last = rungs[0], rungs[-1]
    stop = next(rung for rung in rungs if rung.name == "4-alpine")
    rows = [f"| {' | '.join(_cells(rung))} |" for rung in rungs]
    texts = [f"| [{one.name}]({PLACE}/{one.name}.Dockerfile) | {one.about} | {COSTS[one.name]} |" for one in rungs]
    head = HEAD.format(
        first=first.size / MB,
        stop=stop.size / MB,
        last=last.size / MB,
        where=where,
        rounds=ROUNDS,
        clients=CLIENTS,
        seconds=SECONDS,
    )
    figures = ["| " + " | ".join(HEADS) + " |", "|---|" + "---:|" * (len(HEADS) - 1), *rows]
    return "\n".join([head, *figures, "", "| rung | what it does | what it costs |", "|---|---|---|", *texts]) + "\n"


def chart(rungs: Sequence[Rung]) -> str:
    """Return the sizes as an SVG of bars; the widest ones are cut, their figures tell."""
    shown = sorted(rung.size for rung in rungs)[-3] * 1.15  # two of them are giants
    height = ROW * len(rungs) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<title>Size of the image, rung by rung</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, rung in enumerate(rungs):
        top, is_cut = ROW * number + 10, rung.size > shown
        length = min(rung.size / shown, 1) * (WIDTH - LABEL - 110)
        parts += [
            f'<text x="{LABEL - 10}" y="{top + 15}" text-anchor="end">{rung.name}</text>',
            f'<rect x="{LABEL}" y="{top}" width="{length:.0f}" height="{BAR}" fill="{CUT if is_cut else WHOLE}"/>',
            f'<text x="{LABEL + length + 8:.0f}" y="{top + 15}">{rung.size / MB:.0f} MB{" →" if is_cut else ""}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cells(rung: Rung) -> list[str]:
    figures = (rung.size / MB, rung.layers, rung.cold, rung.again, rung.start_ms, rung.per_second, rung.memory / MB)
    return [rung.name, *(f"{figure:.1f}" if at in {2, 3} else f"{figure:.0f}" for at, figure in enumerate(figures))]
