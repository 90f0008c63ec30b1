"""The keeper's throughput, as a table in the terminal, a section of the page and a chart."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from rich.table import Table

from benchmarks.load import middle
from benchmarks.ratios import Ratio
from benchmarks.throughput import METHODS, ROUNDS, SECONDS, SWEEP

if TYPE_CHECKING:
    from benchmarks.throughput import Throughput

WIDTH, LABEL, ROW, BAR = 760, 320, 34, 20  # pixels of the chart


def table(measured: Throughput) -> Table:
    """Return the comparison as a table for the terminal."""
    made = Table("what", "a second", "median ms", "99 % ms", "errors", "to the baseline")
    for name, result, ratio in measured.rows():
        slow = (f"{result.median_ms:.1f}", f"{result.p99_ms:.1f}") if result.median_ms else ("", "")
        made.add_row(name, f"{result.per_second:.0f}", *slow, str(result.errors), f"{ratio:.1f}")
    return made


def rows(measured: Throughput) -> list[Ratio]:
    """Return the reference beside the baseline, requests a second, and beside its own server's limit."""
    found = []
    for method in METHODS:
        ours, theirs = middle(measured.reference[method]).per_second, middle(measured.baseline[method]).per_second
        found.append(Ratio(f"keeper, {method}/s; the lab's design", ours, theirs, median(measured.ratios(method))))
    limit = middle(measured.constant).per_second
    ours = middle(measured.reference["GET"]).per_second
    return [*found, Ratio("keeper, GET/s; its server and Flask alone", ours, limit)]


def ratios(measured: Throughput) -> str:
    """Return the ratio of reference to baseline in each round."""
    return "; ".join(
        f"{method} " + ", ".join(f"{ratio:.1f}" for ratio in measured.ratios(method)) for method in METHODS
    )


def section(measured: Throughput) -> str:
    """Return its section of docs/benchmarks.md."""
    lines = [
        "## Throughput of var_keeper",
        "",
        f"{ROUNDS} rounds of {SECONDS} s each, in every round one after the other, from a container on the same",
        "network, on the containers' own addresses. Figures are medians of the rounds, ratios medians of the ratios in",
        "each round. The baseline is `benchmarks/naive_keeper.py`, on the lab's design: one connection for all, SQL",
        "from strings, Flask's own server with debug. `make bench BASELINE=FILE` takes another.",
        "",
        "![requests a second](throughput.svg)",
        "",
        "| what | requests/s | median ms | 99 % ms | failed | to the baseline |",
        "|---|---|---|---|---|---|",
    ]
    for name, result, ratio in measured.rows():
        slow = f"{result.median_ms:.1f} | {result.p99_ms:.1f}" if result.median_ms else " | "
        lines.append(f"| {name} | {result.per_second:.0f} | {slow} | {result.errors} | {ratio:.1f} |")
    lines += [
        "",
        f"Ratios of the rounds: {ratios(measured)}.",
        "",
        "The reference by number of clients, one run each:",
        "",
        "| clients | GET/s | median ms | 99 % ms | failed | POST/s | median ms | 99 % ms | failed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for clients in SWEEP:
        cells = [
            f"{result.per_second:.0f} | {result.median_ms:.1f} | {result.p99_ms:.1f} | {result.errors}"
            for method in METHODS
            if (result := measured.sweep[method, clients])
        ]
        lines.append(f"| {clients} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def chart(measured: Throughput) -> str:
    """Return the comparison as an SVG of bars."""
    rows = measured.rows()
    most = max(result.per_second for _name, result, _ratio in rows if result.median_ms)
    height = ROW * len(rows) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<title>Requests a second</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, (name, result, ratio) in enumerate(rows):
        top = ROW * number + 10
        length = min(result.per_second / most, 1) * (WIDTH - LABEL - 130)
        figure = f"{result.per_second:.0f}{' →' if result.per_second > most else ''} ({ratio:.1f} to 1)"
        colour = "#2a6f97" if name.startswith("reference") else "#a9b4bd"
        parts += [
            f'<text x="{LABEL - 10}" y="{top + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LABEL}" y="{top}" width="{length:.0f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LABEL + length + 8:.0f}" y="{top + 15}">{figure}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
