"""`make check-class`: a class graded, and what an instructor takes from it: pages, tables, JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labcheck import outputs, roster
from labcheck.checks import marks, rubric
from labcheck.checks.verdicts import SKIPPED
from labcheck.engine import connection as engine
from labcheck.errors import LabcheckError
from labcheck.grading import batch, check_process, destination, grading, overrides, scale
from labcheck.grading.batch import Batch, Graded, Settings
from labcheck.grading.batch_view import View
from labcheck.i18n import _
from labcheck.images import bases
from labcheck.reports import pages
from labcheck.submission.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docker import DockerClient
    from rich.console import Console

    from labcheck.images.bases import Source
    from labcheck.roster import Entry, Roster

_MACHINE_BYTES = 4 * 10**9  # of memory that a slot should have
_OVERRIDES = "overrides.csv"
_NO_MARK_CODE = 2
_TOP_LAYERS = 2  # that make two images one and the same work


@dataclass(frozen=True)
class Options:
    """What the instructor asked for.

    `only` are names, keys or numbers, `passing` is the percent that pass, `slots` 0 means as many as fit; `scheduler`
    is the address of a Dask cluster's, empty for this machine.
    """

    path: Path
    out: Path
    areas: Sequence[str] = ()
    beyond: bool = False
    only: Sequence[str] = ()
    again: bool = False
    passing: float | None = None
    delimiter: str = ","
    slots: int = 0
    minutes: int = 20
    scheduler: str = ""


def check_class(client: DockerClient, source: Source, options: Options, console: Console) -> int:
    """Grade a class and write the results into `options.out`; what was graded before and has not changed is kept.

    Returns: the exit code, 0 where everybody has a mark, else 2.

    Raises:
        LabcheckError: there is no class, another run works in `out`, overrides.csv is wrong, or the cluster is not to
            be had or lost; nothing is lost.
    """
    destination.check_outside(options.out, options.path)
    with batch.opened(options.out):
        known = roster.read(options.path)
        entries = _chosen(known, options.only)
        blank = _blank(source, options)
        decided = _overrides(options, known, blank)
        pool = scale.connect(options.scheduler, options.slots) if options.scheduler else None
        slots = pool.slots() if pool else options.slots or _slots(client)
        settings = Settings(
            out=options.out,
            hub=source.setting,
            fingerprint=_fingerprint(client, source),
            areas=",".join(options.areas),
            beyond=options.beyond,
            slots=slots,
            seconds=options.minutes * 60,
        )
        for line in known.said:
            console.print(line, markup=False)
        with View(console, len(entries), slots) as view:
            grader = Batch(settings, view.told, pool)
            graded = {one.entry.key: one for one in grader.grade(entries, again=options.again)}
        graded = {**{one.entry.key: one for one in grader.kept(known.entries)}, **graded}
        results = _results(client, source, known, graded, blank, options)
        results["submissions"] = [
            overrides.apply(one, decided.get(one["key"], ()), options.passing) for one in results["submissions"]
        ]
        outputs.write(results, options.out, delimiter=options.delimiter)
        pages.write(results, options.out)
        return _say(results, len(known.entries), options.out, console)


def _chosen(known: Roster, only: Sequence[str]) -> list[Entry]:
    """Return the entries that are to be graded.

    Raises:
        LabcheckError: nobody is called so.
    """
    if not only:
        return list(known.entries)
    called = {
        entry.key: {roster.normalized(entry.name), roster.normalized(entry.key), entry.participant or ""}
        for entry in known.entries
    }
    nobody = [name for name in only if not any(roster.normalized(name) in names for names in called.values())]
    if nobody:
        names = ", ".join(entry.name for entry in known.entries[:5])
        raise LabcheckError(
            _("Nobody in the class is called {name}. There are: {names} …").format(name=", ".join(nobody), names=names)
        )
    wanted = {roster.normalized(name) for name in only}
    return [entry for entry in known.entries if called[entry.key] & wanted]


def _blank(source: Source, options: Options) -> dict[str, Any]:
    """Return the results of who handed in nothing: every check of this run, skipped."""
    request = grading.Request(None, areas=options.areas, scored_only=not options.beyond)
    return grading.grade(Submission(""), request, {"HUB": source.setting}, None, lambda _outcome: None)


def _overrides(options: Options, known: Roster, blank: dict[str, Any]) -> dict[str, Any]:
    """Return the instructor's decisions, which lie beside the results or beside the class."""
    beside = [options.out / _OVERRIDES, (options.path if options.path.is_dir() else options.path.parent) / _OVERRIDES]
    file = next((path for path in beside if path.is_file()), None)
    most = {check["id"]: check["max_points"] for check in blank["checks"] if check["max_points"]}
    return dict(overrides.read(file, known, most)) if file else {}


def _slots(client: DockerClient) -> int:
    about = client.info()
    return max(1, min(int(about["NCPU"]), int(about["MemTotal"]) // _MACHINE_BYTES))


def _fingerprint(client: DockerClient, source: Source) -> str:
    """Return what a grade stands on besides the submission: the rubric, the tool, the base images."""
    tags = engine.tags_of(client)
    of_bases = sorted((name, tags.get(source.reference(name))) for name in bases.LAB_BASES)
    return f"{source} {check_process.version()} {hashlib.sha256(str(of_bases).encode()).hexdigest()}"


def _results(  # noqa: PLR0913, PLR0917 - what a class's results are made of
    client: DockerClient,
    source: Source,
    known: Roster,
    graded: dict[str, Graded],
    blank: dict[str, Any],
    options: Options,
) -> dict[str, Any]:
    submissions = [_submission(graded[entry.key], blank) for entry in known.entries if entry.key in graded]
    _point_out_the_same(submissions)
    digest = hashlib.sha256(json.dumps([check["id"] for check in blank["checks"]]).encode()).hexdigest()
    return {
        "schema": 1,
        "rubric": {"areas": list(options.areas or rubric.AREAS), "max_score": blank["max_score"], "digest": digest},
        "environment": {
            "engine": engine.describe(client),
            "bases": str(source),
            "standin": source.kind == "standin",
            "date": dt.datetime.now(dt.timezone.utc).astimezone().isoformat(timespec="minutes"),
        },
        "submissions": submissions,
    }


def _say(results: dict[str, Any], total: int, out: Path, console: Console) -> int:
    """Say in the end where everything is, and who has no mark."""
    withheld = [one["name"] for one in results["submissions"] if one["ungradable"]]
    console.print(
        _("{count} of {total} graded, {withheld} of them without a mark. {page}").format(
            count=len(results["submissions"]), total=total, withheld=len(withheld), page=out / "index.html"
        ),
        markup=False,
    )
    return _NO_MARK_CODE if withheld else 0


def _submission(graded: Graded, blank: dict[str, Any]) -> dict[str, Any]:
    """Return a submission as results.json has it."""
    entry = graded.entry
    made = dict(graded.results or blank)
    if graded.results is None:  # the points that cost nothing where something else was handed in
        checks = [{**check, "verdict": SKIPPED, "points": 0.0} for check in blank["checks"]]
        made |= {"checks": checks, "missing": blank["missing"] if entry.is_empty else []}
    made |= {"key": entry.key, "name": entry.name, "participant": entry.participant, "superseded": list(entry.said)}
    made |= {"seconds": round(graded.seconds, 1), "image": entry.image, "digest": roster.digest(entry)}
    if graded.results is None and graded.reason:
        made["ungradable"] = {"reason": graded.reason, "checks": []}
    return marks.settled(made)


def _point_out_the_same(submissions: list[dict[str, Any]]) -> None:
    """Say who handed in the same image, or the same top layers, as somebody else: it costs nothing."""
    owners: dict[str, set[str]] = defaultdict(set)
    for one in submissions:
        for work in _works(one):
            owners[work].add(one["key"])
    names = {one["key"]: one["name"] for one in submissions}
    for one in submissions:
        others = {key for work in _works(one) for key in owners[work]} - {one["key"]}
        one["same_image_as"] = sorted(names[key] for key in others)
        one["images"] = [{k: v for k, v in image.items() if k != "layers"} for image in one.get("images", [])]


def _works(one: dict[str, Any]) -> set[str]:
    """Return what is one's own in the image that one handed in: itself, and its last layers."""
    found = [image for image in one.get("images", []) if image.get("handed_in")]
    return {image["id"] for image in found} | {" ".join(image["layers"][-_TOP_LAYERS:]) for image in found}
