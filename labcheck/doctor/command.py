"""The command doctor."""

from __future__ import annotations

import sys
import warnings

import click
from rich.console import Console

from labcheck import services
from labcheck.doctor import view
from labcheck.doctor.facts import Facts
from labcheck.doctor.finding import worst
from labcheck.doctor.probes import PROBES
from labcheck.doctor.running import examine
from labcheck.i18n import _
from labcheck.images import bases
from labcheck.terminal import console, hub_option, language_option

_PORT = click.IntRange(1, 65535)


@click.command("doctor")
@hub_option
@language_option
@click.option("--port", envvar="PORT", default=services.KEEPER_PORT, type=_PORT, show_default=True)
@click.option("--web-port", envvar="WEB_PORT", default=services.WEB_PORT, type=_PORT, show_default=True)
@click.option("--json", "as_json", envvar="JSON", is_flag=True, help="print JSON, as doctor.schema.json describes it")
def doctor_command(hub: str, port: int, web_port: int, *, as_json: bool) -> None:
    """Look at what this machine needs for the lab; nothing is changed.

    Exit codes: 0 nothing is wrong, warnings or not; 1 something is wrong; 2 trouble with the doctor itself.
    """
    bases.parse_hub(hub)  # what is no registry is refused, not looked at
    warnings.simplefilter("ignore", UserWarning)  # docker-py warns of what a line here says
    with Console(stderr=True).status(_("Looking …")):
        lines = examine(PROBES, Facts(hub, port, web_port))
    if as_json:
        click.echo(view.as_json(lines))
    else:
        view.show(lines, console)
    sys.exit(1 if worst(finding for _probe, finding in lines) == "wrong" else 0)
