"""Draws docs/terminal.svg and docs/terminal.ru.svg: a terminal in which `make check` has just ended.

usage, in the checkout: PYTHONPATH=. .venv/bin/python scripts/terminal.py
"""  # noqa: INP001 - a script

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.readme import desk

COMMAND = "make check SUBMISSION=../works/ivanov AREAS=build,run"
FAILURE = 2  # make's own, whatever fails
WIDTH = 100
# colours, and no line that turns: https://rich.readthedocs.io/en/stable/console.html#environment-variables
TERMINAL = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "0"}
DOCS = Path(__file__).parent.parent / "docs"


def draw(language: str, file: Path) -> None:
    """Type the command for a student with a mistake, and draw what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        reader = desk.lay_out(Path(folder), {**os.environ, **TERMINAL, "LANGUAGE": language})
        printed = reader.type(COMMAND, code=FAILURE)
    # make says last that it failed, in the language of the system
    printed = re.sub(r"^make:.*\n?", "", printed, flags=re.MULTILINE)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(
        Text.assemble(("$ ", "bold green"), f"LANGUAGE={language} {COMMAND}" if language != "en" else COMMAND)
    )
    console.print(Text.from_ansi(printed.strip()))
    svg = console.export_svg(title="make check", unique_id="terminal")
    # rich's fonts would be loaded from elsewhere: the reader's own will do
    svg = re.sub(r"@font-face.*?(?=\.terminal-matrix)", "", svg, flags=re.DOTALL)
    file.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    draw("en", DOCS / "terminal.svg")
    draw("ru", DOCS / "terminal.ru.svg")
