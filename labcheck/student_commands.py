"""The commands for students' work: check, check-class, diff."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from labcheck.checks import rubric
from labcheck.compare import command as diffing
from labcheck.errors import LabcheckError
from labcheck.grading import check as checking
from labcheck.grading import check_class, check_process, fetch, grading
from labcheck.i18n import _
from labcheck.images import bases
from labcheck.images import lab as images
from labcheck.terminal import console, hub_option, language_option, record_of_engine

submission_option = click.option(
    "--submission", envvar="SUBMISSION", type=click.Path(path_type=Path, resolve_path=True), help="a student's work"
)
image_option = click.option("--image", envvar="IMAGE", default="", help="the image that a student handed in")


def _handed_in(submission: Path | None, image: str) -> None:
    """Refuse what names no work, before an engine is looked for."""
    if submission is None and not image:
        raise LabcheckError(_("Nothing was handed in: say SUBMISSION=… or IMAGE=…"))
    if submission and not submission.exists():
        raise LabcheckError(_("There is no {path}.").format(path=submission))


@click.command("check")
@hub_option
@language_option
@submission_option
@image_option
@click.option("--areas", envvar="AREAS", default="", help=f"these alone count: {','.join(rubric.AREAS)}")
@click.option("--scored-only", envvar="SCORED", is_flag=True, help="leave out what gives no points")
@click.option(
    "--minutes",
    envvar="MINUTES",
    default=grading.SECONDS // 60,
    type=click.IntRange(1, 240),
    help="the limit of it all",
)
@click.option("--results", envvar="RESULTS", type=click.Path(dir_okay=False, path_type=Path), help="write a JSON file")
@click.option(
    "--engine",
    "where",
    envvar="ENGINE",
    default="machine",
    type=click.Choice(["machine", "host"]),
    help="host: on your own engine, where it is bounded in time alone",
)
def check_command(  # noqa: PLR0913, PLR0917 - its options
    hub: str,
    submission: Path | None,
    image: str,
    areas: str,
    minutes: int,
    results: Path | None,
    where: str,
    *,
    scored_only: bool,
) -> None:
    """Grade one student's work in the lab machine.

    Exit codes: 0 all points, 1 not all of them, 2 trouble on our side, and no mark.
    """
    check_process.end_with_parent()
    _handed_in(submission, image)
    if results and not results.absolute().parent.is_dir():
        raise LabcheckError(_("There is no folder {folder} for the results.").format(folder=results.parent))
    request = grading.Request(
        submission, image or None, rubric.parse_areas(areas), minutes * 60, scored_only=scored_only
    )
    record = record_of_engine()
    source = images.choose_source(record.engine, hub, console)
    sys.exit(checking.check(record, source, request, console, on_host=where == "host", results_file=results))


@click.command("check-class")
@hub_option
@language_option
@click.option(
    "--class",
    "path",
    envvar="CLASS",
    required=True,
    type=click.Path(path_type=Path, resolve_path=True),
    help="a folder with one entry a student, or a CSV of name,image[,path]",
)
@click.option("--out", envvar="OUT", required=True, type=click.Path(file_okay=False, path_type=Path, resolve_path=True))
@click.option("--areas", envvar="AREAS", default="", help=f"these alone count: {','.join(rubric.AREAS)}")
@click.option("--beyond", envvar="BEYOND", is_flag=True, help="advice too")
@click.option("--only", envvar="ONLY", default="", help="these students alone, by name or number, separated by commas")
@click.option("--again", envvar="AGAIN", is_flag=True, help="grade also what has not changed")
@click.option("--pass", "passing", envvar="PASS", type=click.FloatRange(0, 100), help="the percent that pass")
@click.option(
    "--csv", "delimiter", envvar="CSV", default=",", type=click.Choice([",", ";"]), help="; for Excel in Russian"
)
@click.option("--slots", envvar="SLOTS", default=0, type=click.IntRange(0, 64), help="side by side; 0: as many as fit")
@click.option(
    "--minutes", envvar="MINUTES", default=20, type=click.IntRange(1, 240), help="the limit of one submission"
)
@click.option("--scheduler", envvar="SCHEDULER", default="", help="on a Dask cluster: tcp://HOST:PORT")
def check_class_command(hub: str, only: str, areas: str, **options: Any) -> None:  # noqa: ANN401 - its options
    """Grade a class, side by side, in lab machines of this host or of a cluster's.

    Exit codes: 0 all are graded, whatever the marks; 2 somebody has no mark, or trouble.
    """
    record = record_of_engine()
    source = images.choose_source(record.engine, hub, console)
    names = [name.strip() for name in only.split(",") if name.strip()]
    settings = check_class.Options(only=names, areas=rubric.parse_areas(areas), **options)
    sys.exit(check_class.check_class(record.engine, source, settings, console))


@click.command("fetch")
@hub_option
@language_option
@click.option(
    "--class", "path", envvar="CLASS", required=True, type=click.Path(path_type=Path, resolve_path=True), help="a class"
)
@click.option("--out", envvar="OUT", required=True, type=click.Path(file_okay=False, path_type=Path, resolve_path=True))
def fetch_command(hub: str, path: Path, out: Path) -> None:
    """Pull the images that a class names into archives, for check-class where no registry is in reach.

    Exit codes: 0 all are there, or their lack is the student's; 2 a registry is out of reach.
    """
    record = record_of_engine()
    source = bases.parse_hub(hub) or bases.HUB  # base images do not matter here
    sys.exit(fetch.Fetcher(record, source, out, console).fetch(path))


@click.command("diff")
@hub_option
@language_option
@submission_option
@image_option
@click.option("--html", envvar="HTML", type=click.Path(dir_okay=False, path_type=Path), help="write a page too")
@click.option("--raw", envvar="RAW", is_flag=True, help="plain unified diffs, nothing else")
def diff_command(hub: str, submission: Path | None, image: str, html: Path | None, *, raw: bool) -> None:
    """Compare a student's work with the reference, by what it means.

    Exit codes, as diff(1): 0 same or equivalent, 1 something differs or is missing, 2 trouble.
    """
    _handed_in(submission, image)
    record = record_of_engine()
    source = images.choose_source(record.engine, hub, Console(stderr=True, highlight=False))
    sys.exit(diffing.diff(record, source, diffing.Request(submission, image or None, html, raw=raw), console))
