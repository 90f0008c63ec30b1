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

from labcheck import check as checking
from labcheck import diff as diffing
from labcheck import engine, grading, images, interrupt, machine, ownership, rubric, services
from labcheck.bases import STANDIN
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.record import Record

console = Console(highlight=False)
hub_option = click.option("--hub", envvar="HUB", default="", help="registry that stands in for Docker Hub; or standin")


def _in_language(_context: click.Context, _parameter: click.Parameter, language: str | None) -> None:
    """Begin anew in the language asked for: messages are worded as soon as modules are imported."""
    if language and os.environ.get("LANGUAGE") != language:
        os.environ["LANGUAGE"] = language
        os.execv(sys.executable, [sys.executable, "-m", "labcheck", *sys.argv[1:]])  # noqa: S606 - ourselves


language_option = click.option(
    "--lang",
    type=click.Choice(["en", "ru"]),
    callback=_in_language,
    is_eager=True,
    expose_value=False,
    help="the language of what is said; else LANGUAGE, LC_ALL or LANG",
)


@click.group()
def cli() -> None:
    """Build, run and check the lab's images."""


@cli.command("engine")
def engine_command() -> None:
    """Find the Docker engine, or install and start one."""
    console.print(engine.describe(engine.ensure(_say)), markup=False)


@cli.command("build-all")
@hub_option
@click.option("--force", envvar="FORCE", is_flag=True, help="take flask:* and var_keeper:* from whoever has them")
def build_all(hub: str, *, force: bool) -> None:
    """Get every base image of the lab and build the lab's images."""
    record = _record()
    with record.working(_say_waiting):
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
    record = _record()
    with record.working(_say_waiting):
        source = images.choose_source(record.engine, hub, console)
        images.ensure_bases(record, source, console)
        keeper, web = services.up(record.engine, source, port, web_port, _say)
    console.print(_("keeper  {address}var/a").format(address=keeper), markup=False)
    console.print(_("web     {address}").format(address=web), markup=False)
    console.print(_("Stop them: make down"), markup=False)


@cli.command()
@click.option("--volumes", envvar="VOLUMES", is_flag=True, help="remove the volume with the values too")
def down(*, volumes: bool) -> None:
    """Stop and remove the services."""
    record = _record()
    with record.working(_say_waiting):
        services.down(record.engine, _say, volumes=volumes)


@cli.command()
@click.option("--bases", "with_bases", envvar="BASES", is_flag=True, help="remove the stand-in base images too")
def clean(*, with_bases: bool) -> None:
    """Remove what we made on the engine, and nothing else."""
    record = _record()
    with record.working(_say_waiting):
        services.down(record.engine, _say)
        for name in machine.remove_all(record.engine):
            _say(_("removed the lab machine {name}").format(name=name))
        for tag in record.tags():
            if tag.startswith(STANDIN.prefix) and not with_bases:
                continue
            foreign = record.is_foreign(tag)
            reason = record.untag(tag)
            if reason:
                _say(_("{tag} stays: {reason}").format(tag=tag, reason=reason))
            elif foreign:
                _say(_("{tag} stays: it is somebody else's now").format(tag=tag))
            else:
                _say(_("removed image {tag}").format(tag=tag))


@cli.command()
@hub_option
@click.option("--baseline", envvar="BASELINE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bench(hub: str, baseline: Path | None) -> None:
    """Compare the keeper's throughput with that of the lab's design."""
    from benchmarks.bench import bench as measure  # noqa: PLC0415 - what students' work needs does not load it

    record = _record()
    measure(record.engine, images.choose_source(record.engine, hub, console), baseline, console)


@cli.command()
@hub_option
@language_option
@click.option(
    "--submission", envvar="SUBMISSION", type=click.Path(path_type=Path, resolve_path=True), help="a student's work"
)
@click.option("--image", envvar="IMAGE", default="", help="the image that a student handed in")
@click.option("--areas", envvar="AREAS", default="", help=f"these alone count: {','.join(rubric.AREAS)}")
@click.option("--scored-only", envvar="SCORED", is_flag=True, help="leave out what gives no points")
@click.option("--results", envvar="RESULTS", type=click.Path(dir_okay=False, path_type=Path), help="write a JSON file")
@click.option(
    "--engine",
    "where",
    envvar="ENGINE",
    default="machine",
    type=click.Choice(["machine", "host"]),
    help="host: on your own engine, where it is bounded in time alone",
)
def check(  # noqa: PLR0913, PLR0917 - its options
    hub: str, submission: Path | None, image: str, areas: str, results: Path | None, where: str, *, scored_only: bool
) -> None:
    """Grade one student's work in the lab machine.

    Exit codes: 0 all passed, 1 something failed, 2 trouble on our side, and no mark.
    """
    if results and not results.absolute().parent.is_dir():
        raise LabcheckError(_("There is no folder {folder} for the results.").format(folder=results.parent))
    request = grading.Request(submission, image or None, rubric.parse_areas(areas), scored_only=scored_only)
    record = _record()
    source = images.choose_source(record.engine, hub, console)
    sys.exit(checking.check(record, source, request, console, on_host=where == "host", results_file=results))


@cli.command("diff")
@hub_option
@language_option
@click.option(
    "--submission", envvar="SUBMISSION", type=click.Path(path_type=Path, resolve_path=True), help="a student's work"
)
@click.option("--image", envvar="IMAGE", default="", help="the image that a student handed in")
@click.option("--html", envvar="HTML", type=click.Path(dir_okay=False, path_type=Path), help="write a page too")
@click.option("--raw", envvar="RAW", is_flag=True, help="plain unified diffs, nothing else")
def diff_command(hub: str, submission: Path | None, image: str, html: Path | None, *, raw: bool) -> None:
    """Compare a student's work with the reference, by what it means.

    Exit codes, as diff(1): 0 same or equivalent, 1 something differs or is missing, 2 trouble.
    """
    record = _record()
    source = images.choose_source(record.engine, hub, Console(stderr=True, highlight=False))
    sys.exit(diffing.diff(record, source, diffing.Request(submission, image or None, html, raw=raw), console))


def _record() -> Record:
    record = Record(engine.ensure(_say))
    for name in ownership.sweep(record.engine):
        _say(_("removed {name}, left by an earlier run").format(name=name))
    return record


def _say(line: str) -> None:
    console.print(line, markup=False)


def _say_waiting(pid: str) -> None:
    _say(_("Another run of ours (process {pid}) is working on this engine: waiting for it …").format(pid=pid))


def main() -> None:
    """Run the command line; what goes wrong is said in a sentence, never as a traceback.

    Exit codes: 0 done, 2 trouble, 130 interrupted.
    """
    interrupt.on_terminate()
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
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
    heading = Text(_("Error:"), style="bold red")
    Console(stderr=True, highlight=False, soft_wrap=True).print(heading.append(f" {message}", style="default not bold"))
    sys.exit(2)


if __name__ == "__main__":
    main()
