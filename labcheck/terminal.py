"""What every command has in common: the terminal, the record of the engine, the options for bases and language."""

from __future__ import annotations

import os
import sys

import click
from rich.console import Console

from labcheck.engine import connection as engine
from labcheck.engine import ownership
from labcheck.engine.record import Record
from labcheck.i18n import LOCALE_DIR, _

console = Console(highlight=False)
hub_option = click.option("--hub", envvar="HUB", default="", help="registry that stands in for Docker Hub; or standin")


def _in_language(_context: click.Context, _parameter: click.Parameter, language: str | None) -> None:
    """Begin anew in the language asked for: messages are worded as soon as modules are imported."""
    if language and os.environ.get("LANGUAGE") != language:
        os.environ["LANGUAGE"] = language
        os.execv(sys.executable, [sys.executable, "-m", "labcheck", *sys.argv[1:]])  # noqa: S606 - ourselves


language_option = click.option(
    "--lang",
    type=click.Choice(["en", *sorted(path.name for path in LOCALE_DIR.iterdir())]),
    callback=_in_language,
    is_eager=True,
    expose_value=False,
    help="the language of what is said; else LANGUAGE, LC_ALL or LANG",
)


def record_of_engine() -> Record:
    """Find the engine, sweep what killed runs left on it, and return its record."""
    record = Record(engine.ensure(say))
    for name in ownership.sweep(record.engine):
        say(_("removed {name}, left by an earlier run").format(name=name))
    return record


def say(line: str) -> None:
    """Print a line as it is."""
    console.print(line, markup=False)


def say_waiting(pid: str) -> None:
    """Say what we wait for."""
    say(_("Another run of ours (process {pid}) is working on this engine: waiting for it …").format(pid=pid))
