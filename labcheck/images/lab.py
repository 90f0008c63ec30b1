"""The lab's images: what each is built from, building them all, and measuring them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
from rich.table import Table

from labcheck import tasks
from labcheck.engine import connection as engine
from labcheck.engine.host import free_bytes
from labcheck.errors import LabcheckError, PullError
from labcheck.i18n import _
from labcheck.images import bases, build, bundled, standins
from labcheck.images.bases import HUB, LAB_BASES, STANDIN, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from rich.console import Console

    from labcheck.engine.record import Record

CHECKOUT = Path(__file__).parent.parent.parent
OWN_LAYERS_MB = 20  # what one of our images needs besides its base, rounded up
PROBE_SILENT_SECONDS = 20  # a blocked Docker Hub often swallows packets: it must not cost minutes
_MB = 1_000_000


@dataclass(frozen=True)
class LabImage:
    """An image of the lab: the tags it gets and the Dockerfile, relative to the checkout, in its build context."""

    tags: tuple[str, ...]
    dockerfile: str
    context: str = "."

    @property
    def text(self) -> str:
        """The Dockerfile as it stands in the checkout."""
        return (CHECKOUT / self.dockerfile).read_text(encoding="utf-8")

    @property
    def base(self) -> str:
        """The official name of the image it starts from."""
        return build.base_names(self.text)[0]


# lab steps 124 (clean), 127 (alpine), 131 (latest is the alpine one), 137 (var_keeper)
LAB_IMAGES = (
    LabImage(("flask:clean",), "Dockerfile"),
    LabImage(("flask:slim",), "Dockerfile.slim"),
    LabImage(("flask:alpine", "flask:latest"), "Dockerfile.alpine"),
    LabImage(("var_keeper:latest",), "var_keeper/Dockerfile", "var_keeper"),
)


def refuse_foreign(record: Record) -> None:
    """Stop before anything is built if a name that we want is taken by somebody's image.

    Raises:
        LabcheckError: it is.
    """
    foreign = [tag for image in LAB_IMAGES for tag in image.tags if record.is_foreign(tag)]
    if foreign:
        raise LabcheckError(
            _(
                "The engine already has {tags}, and it is not ours. Give it another name "
                "(docker tag {first} mine:{first_tag}), then run again with FORCE=1, which moves the name to our image."
            ).format(tags=", ".join(foreign), first=foreign[0], first_tag=foreign[0].replace(":", "-"))
        )


def build_all(record: Record, setting: str, console: Console, *, force: bool = False) -> Source:
    """Get every base image of the lab, build the lab's images from them, and return where the bases came from.

    `setting` is what HUB says, empty to find out; `force` takes the images' names even from somebody else's.

    Raises:
        LabcheckError: with what to do. KeyboardInterrupt: Ctrl-C, after tidying up.
    """
    if not force:
        refuse_foreign(record)
    source = choose_source(record.engine, setting, console)
    work = _base_tasks(record, source, list(LAB_BASES))
    check_space(record.engine, space_needed(record.engine, source), console)
    last_on = {name: task.name for task in work for name in task.name.split()}
    for image in LAB_IMAGES:
        # two on one base in turn: side by side each would make the steps that they share, and the next run rebuild one
        after = [last_on[image.base]] if image.base in last_on else []
        last_on[image.base] = " ".join(image.tags)
        work.append(tasks.Task(last_on[image.base], _builder(record, source, image), after))
    tasks.run(work, console)
    return source


def have_bases(record: Record, source: Source, console: Console, names: list[str]) -> None:
    """Pull or build those base images that are not there at all; a stand-in that is behind its recipe will do."""
    lacking = bases.missing(record.engine, source, names)
    if lacking and bases.brought():
        raise LabcheckError(_("There is no image {names} in the lab machine.").format(names=", ".join(lacking)))
    if lacking:
        ensure_bases(record, source, console, lacking)


def ensure_bases(record: Record, source: Source, console: Console, names: list[str] | None = None) -> None:
    """Pull or build the base images that are not there: those in `names`, or all of the lab's."""
    tasks.run(_base_tasks(record, source, names or list(LAB_BASES)), console)


def choose_source(client: DockerClient, setting: str, console: Console) -> Source:
    """Return where the bases come from, decided once for all: HUB, or the Hub if its images are here or can be pulled.

    What was decided without being told is said in one loud line.
    """
    source = source_at_hand(client, setting)
    if source:
        if bundled.is_used(client, setting):
            _loud(console, _("Bases and packages: out of the bundle loaded here. Without it: make clean BASES=1"))
        elif source == STANDIN and not bases.parse_hub(setting):
            _loud(console, _("Bases: stand-ins, built here before. For Docker Hub's images: HUB=docker.io"))
        return source
    try:
        with console.status(_("Asking Docker Hub …")):
            smallest = min(bases.missing(client, HUB, list(LAB_BASES)), key=LAB_BASES.__getitem__)
            bases.pull(HUB, smallest, lambda _line: None, silent_seconds=PROBE_SILENT_SECONDS)
    except PullError as error:
        line = _("Bases: stand-ins built here from Debian's packages; Docker Hub cannot be used ({reason})")
        _loud(console, line.format(reason=error.reason))
        return STANDIN
    return HUB


def source_at_hand(client: DockerClient, setting: str) -> Source | None:
    """Return the source that HUB names, else the one whose images are all here, None where the Hub has to be asked.

    Raises:
        LabcheckError: HUB is not the name of a registry.
    """
    named = bases.brought() or bases.parse_hub(setting) or bundled.source(client)
    if named:
        return named
    if not bases.missing(client, HUB, list(LAB_BASES)):
        return HUB
    with suppress(LabcheckError):  # no stand-ins can be made here
        if not standins.outdated(client, list(LAB_BASES)):
            return STANDIN
    return None


def size(client: DockerClient, reference: str) -> int:
    """Return the bytes of an image: the sum of its layers, which means the same on every image store."""
    if reference == "scratch":  # no image
        return 0
    known = bases.known_size(reference)
    if known is not None:
        return known
    return sum(layer["Size"] for layer in client.images.get(reference).history())


def base_of(client: DockerClient, source: Source, reference: str) -> str | None:
    """Return the base of the lab that an image's first layers are, the one with most of them; None where it is none."""
    layers = client.images.get(reference).attrs["RootFS"].get("Layers", [])
    found: dict[int, str] = {}
    for name in LAB_BASES:
        with suppress(docker.errors.ImageNotFound):
            below = client.images.get(source.reference(name)).attrs["RootFS"].get("Layers", [])
            if below and layers[: len(below)] == below:
                found[len(below)] = name
    return found[max(found)] if found else None


def summary(client: DockerClient, source: Source) -> Table:
    """Return the table of the lab's images: base and where it came from, size, our own layers, in MB (10^6 bytes)."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(_("image"), no_wrap=True)
    table.add_column(_("base"), no_wrap=True)
    table.add_column(_("from"))
    table.add_column(_("MB"), justify="right")
    table.add_column(_("our layers, MB"), justify="right")
    for image in LAB_IMAGES:
        below = size(client, source.reference(image.base))
        for tag in image.tags:
            whole = size(client, tag)
            table.add_row(tag, image.base, str(source), f"{whole / _MB:.1f}", f"{(whole - below) / _MB:.1f}")
    return table


def _base_tasks(record: Record, source: Source, names: list[str]) -> list[tasks.Task]:
    bundled.refuse_lacking(record.engine, source, lacking := bases.missing(record.engine, source, names))
    if source.kind == "standin":
        recipes = standins.outdated(record.engine, names)
        task_of = {name: " ".join(recipe.names) for recipe in recipes for name in recipe.names}
        return [
            tasks.Task(
                " ".join(recipe.names),
                partial(recipe.make, record),
                [task_of[base] for base in recipe.bases if base in task_of],
            )
            for recipe in recipes
        ]
    return [tasks.Task(name, partial(bases.pull, source, name)) for name in lacking]


def _builder(record: Record, source: Source, image: LabImage) -> Callable[[Callable[[str], None]], object]:
    def work(say: Callable[[str], None]) -> object:
        dockerfile = build.with_bases(image.text, source.reference)
        return build.build(record, CHECKOUT / image.context, dockerfile, tags=list(image.tags), labels={}, say=say)

    return work


def space_needed(client: DockerClient, source: Source) -> int:
    """Return the bytes that the work takes on the engine's disk at its peak."""
    if source.kind == "standin":
        base_mb = sum(recipe.peak_mb for recipe in standins.outdated(client, list(LAB_BASES)))
    else:
        missing = bases.missing(client, source, list(LAB_BASES))
        base_mb = round(sum(LAB_BASES[name] for name in missing) * bases.PULL_SPARE)
    absent = [image for image in LAB_IMAGES if bases.missing(client, HUB, list(image.tags))]
    return (base_mb + OWN_LAYERS_MB * len(absent)) * _MB


def check_space(client: DockerClient, need: int, console: Console) -> None:
    """Say that the engine's disk needs `need` bytes, and stop where it has not that many free: a LabcheckError."""
    if not need:
        return
    directory = client.info()["DockerRootDir"]
    # an engine on another machine has its directory there, whatever is called so here
    free = free_bytes(directory) if engine.is_local() else None
    if free is None:
        console.print(
            _("Disk: up to {need:.1f} GB are needed; how much the engine has free cannot be seen from here.").format(
                need=need / 1e9
            )
        )
        return
    if free < need:
        raise LabcheckError(
            _(
                "Too little disk space: up to {need:.1f} GB are needed in {directory}, {free:.1f} GB are free. "
                "Nothing was begun. See what takes it: docker system df"
            ).format(need=need / 1e9, free=free / 1e9, directory=directory)
        )
    console.print(
        _("Disk: up to {need:.1f} GB are needed, {free:.1f} GB are free in {directory}.").format(
            need=need / 1e9, free=free / 1e9, directory=directory
        )
    )


def _loud(console: Console, line: str) -> None:
    console.print(line, style="bold yellow", markup=False, highlight=False)
