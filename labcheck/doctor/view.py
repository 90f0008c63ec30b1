"""The findings on a terminal, a line each, and what mends it below; or as JSON, whose shape doctor.schema.json says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from labcheck.doctor.finding import worst
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from labcheck.doctor.finding import Line, State

SCHEMA = Path(__file__).with_name("doctor.schema.json")
WORDS: dict[State, str] = {"ok": _("ok"), "skipped": _("skipped"), "warning": _("warning"), "wrong": _("wrong")}
_STYLES = {"ok": "green", "skipped": "dim", "warning": "bold yellow", "wrong": "bold red"}
_GAP, _LEAST_WIDTH = 2, 20


def show(lines: Sequence[Line], console: Console) -> None:
    """Print the lines; a command stands on a line of its own, unbroken, so that it can be copied."""
    state_width = max(map(cell_len, WORDS.values()))
    title_width = max(cell_len(probe.title) for probe, _finding in lines)
    indent = state_width + title_width + 2 * _GAP
    for probe, finding in lines:
        head = Text(set_cell_size(WORDS[finding.state], state_width + _GAP), _STYLES[finding.state])
        head.append(set_cell_size(probe.title, title_width + _GAP), "default not bold not dim")
        _print(console, head, finding.found)
        if finding.advice:
            _print(console, Text(" " * indent), finding.advice)
        if finding.command:
            console.print(Text(" " * (indent + _GAP)).append(finding.command, "bold"), soft_wrap=True)
    counts = Counter(finding.state for _probe, finding in lines)
    said = _("{wrong} wrong, {warning} to look at, {ok} all right").format(
        wrong=counts["wrong"], warning=counts["warning"], ok=counts["ok"]
    )
    console.print(Text(f"\n{said}"))


def as_json(lines: Sequence[Line]) -> str:
    """Return the findings as a JSON document."""
    content = {
        "schema": 1,
        "state": worst(finding for _probe, finding in lines),
        "findings": [
            {
                "name": probe.name,
                "title": probe.title,
                "state": finding.state,
                "found": finding.found,
                "advice": finding.advice,
                "command": finding.command,
            }
            for probe, finding in lines
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _print(console: Console, head: Text, text: str) -> None:
    """Print a text beside its head, wrapped where the terminal ends."""
    for line in Text(text).wrap(console, max(_LEAST_WIDTH, console.width - head.cell_len), overflow="fold"):
        line.rstrip()
        console.print(Text.assemble(head, line), soft_wrap=True)
        head = Text(" " * head.cell_len)
