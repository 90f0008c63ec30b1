"""The commands of the walkthrough: run it, and write the table of steps."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labcheck.images import lab as images
from labcheck.terminal import console, hub_option, language_option, record_of_engine
from labcheck.walkthrough import steps, walk


def _known(_context: click.Context, _parameter: click.Parameter, part: str) -> str:
    """Return the part of the lab that was asked for, which has to be one."""
    steps.part(part)
    return part


@click.command("walkthrough")
@hub_option
@language_option
@click.option("--step", "part", envvar="STEP", default="", callback=_known, help="a step of the lab, or a part: 62-78")
@click.option("--out", envvar="OUT", type=click.Path(file_okay=False, path_type=Path), help="folder for a transcript")
@click.option("--vm", "with_vm", envvar="VM", is_flag=True, help="the DNS section too, in an emulated machine: minutes")
def walkthrough_command(hub: str, part: str, out: Path | None, *, with_vm: bool) -> None:
    """Type the lab's commands one after the other in a lab machine, and show what comes.

    Exit codes: 0 all that the lab claims holds, 1 a step broke, 2 trouble on our side.
    """
    record = record_of_engine()
    source = images.choose_source(record.engine, hub, console)
    sys.exit(walk.walk(source, part, out, console, with_vm=with_vm))


@click.command("steps")
def steps_command() -> None:
    """Write docs/steps.md and its translations: each step of the lab with the test that runs it."""
    for language, file in steps.DOCUMENTS.items():
        file.write_text(steps.document(language), encoding="utf-8")
        console.print(str(file.relative_to(images.CHECKOUT)), markup=False)
