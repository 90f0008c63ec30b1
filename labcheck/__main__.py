"""The command line behind the Makefile: `python -m labcheck COMMAND`.

Settings come from options or, as `make` hands them over, from the environment (HUB, PORT, FORCE …).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from labcheck import interrupt, services, usage
from labcheck.bundle.command import bundle_command, load_command
from labcheck.doctor.command import doctor_command
from labcheck.engine import connection as engine
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import bundled
from labcheck.images import lab as images
from labcheck.images.bases import STANDIN
from labcheck.machine import machine
from labcheck.plain import plain
from labcheck.student_commands import check_class_command, check_command, diff_command, fetch_command
from labcheck.terminal import console, hub_option, record_of_engine, say, say_waiting
from labcheck.walkthrough import hub as walkthrough_hub
from labcheck.walkthrough.command import steps_command, walkthrough_command

_SAID_LETTERS = 10_000  # of what went wrong: a build's last lines may be in it


@click.group(chain=True)
def cli() -> None:
    """Build, run and check the lab's images.

    Of several commands, as in `build-all up`, the settings are looked at before the first of them begins.
    """


@cli.command("engine")
def engine_command() -> None:
    """Find the Docker engine, or install and start one."""
    console.print(engine.describe(engine.ensure(say)), markup=False)


@cli.command("build-all")
@hub_option
@click.option("--force", envvar="FORCE", is_flag=True, help="take flask:* and var_keeper:* from whoever has them")
def build_all(hub: str, *, force: bool) -> None:
    """Get every base image of the lab and build the lab's images."""
    record = record_of_engine()
    with record.working(say_waiting):
        source = images.build_all(record, hub, console, force=force)
    console.print(images.summary(record.engine, source))


@cli.command()
@hub_option
@click.option("--port", envvar="PORT", default=services.KEEPER_PORT, type=click.IntRange(1, 65535), show_default=True)
@click.option(
    "--web-port", envvar="WEB_PORT", default=services.WEB_PORT, type=click.IntRange(1, 65535), show_default=True
)
def up(hub: str, port: int, web_port: int) -> None:
    """Start the lab's two services: the keeper with its database, and nginx with the page."""
    record = record_of_engine()
    with record.working(say_waiting):
        source = images.choose_source(record.engine, hub, console)
        images.ensure_bases(record, source, console)
        keeper, web = services.up(record.engine, source, port, web_port, say)
    console.print(_("keeper  {address}var/a").format(address=keeper), markup=False)
    console.print(_("web     {address}").format(address=web), markup=False)
    console.print(_("Stop them: make down"), markup=False)


@cli.command()
@click.option("--volumes", envvar="VOLUMES", is_flag=True, help="remove the volume with the values too")
def down(*, volumes: bool) -> None:
    """Stop and remove the services."""
    record = record_of_engine()
    with record.working(say_waiting):
        services.down(record.engine, say, volumes=volumes)


@cli.command()
@click.option("--bases", "with_bases", envvar="BASES", is_flag=True, help="remove the stand-in base images too")
def clean(*, with_bases: bool) -> None:
    """Remove what we made on the engine, and nothing else."""
    record = record_of_engine()
    with record.working(say_waiting):
        services.down(record.engine, say)
        if walkthrough_hub.remove(record.engine):
            say(_("removed the images of the walkthrough's Docker Hub"))
        for name in machine.remove_all(record.engine):
            say(_("removed the lab machine {name}").format(name=name))
        for tag in record.tags():
            if not with_bases and (tag.startswith(STANDIN.prefix) or bundled.is_bundled(record.engine, tag)):
                continue
            foreign = record.is_foreign(tag)
            reason = record.untag(tag)
            if reason:
                say(_("{tag} stays: {reason}").format(tag=tag, reason=reason))
            elif foreign:
                say(_("{tag} stays: it is somebody else's now").format(tag=tag))
            else:
                say(_("removed image {tag}").format(tag=tag))


@cli.command()
@hub_option
@click.option("--baseline", envvar="BASELINE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bench(hub: str, baseline: Path | None) -> None:
    """Compare images, builds, the keeper's throughput and grading with what there is elsewhere, as ratios."""
    from benchmarks.bench import bench as measure  # noqa: PLC0415 - what students' work needs does not load it

    record = record_of_engine()
    measure(record, images.choose_source(record.engine, hub, console), baseline, console)


@cli.command("ladder")
@hub_option
def ladder_command(hub: str) -> None:
    """Build the hello app's image smaller and smaller, and measure each rung."""
    from benchmarks.bench import climb  # noqa: PLC0415 - as above

    record = record_of_engine()
    climb(record, images.choose_source(record.engine, hub, console), console)


for command in (
    check_command,
    check_class_command,
    diff_command,
    fetch_command,
    doctor_command,
    bundle_command,
    load_command,
    walkthrough_command,
    steps_command,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; what goes wrong is said in a sentence, never as a traceback.

    Exit codes: 0 done, 2 trouble, 130 interrupted.
    """
    interrupt.on_terminate()
    try:
        cli(standalone_mode=False)
    except click.UsageError as error:
        _fail(usage.worded(error))
    except click.ClickException as error:
        _fail(error.format_message())
    except LabcheckError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort, interrupt.Interrupted):
        Console(stderr=True).print(_("Interrupted; what was half made is removed."), markup=False)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - no traceback reaches an instructor
        _fail(
            _("Something went wrong that we did not foresee: {kind}: {error}").format(
                kind=type(error).__name__, error=error
            )
        )


def _fail(message: str) -> None:
    if os.environ.get("LABCHECK_DEBUG"):
        raise  # noqa: PLE0704 - inside main's except: the traceback is wanted
    said = Text(_("Error:"), style="bold red")
    said.append(f" {plain(message, _SAID_LETTERS)}", style="default not bold")  # names and logs of strangers are in it
    Console(stderr=True, highlight=False, soft_wrap=True).print(said)
    sys.exit(2)


if __name__ == "__main__":
    main()
