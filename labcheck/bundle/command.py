"""The commands bundle and load."""

from __future__ import annotations

from pathlib import Path

import click

from labcheck.bundle import load, pack, pins
from labcheck.i18n import _
from labcheck.terminal import console, hub_option, language_option, record_of_engine, say_waiting

_file = click.Path(dir_okay=False, path_type=Path, resolve_path=True)


@click.command("bundle")
@hub_option
@language_option
@click.option("--out", envvar="OUT", required=True, type=click.Path(path_type=Path, resolve_path=True))
@click.option("--small", envvar="SMALL", is_flag=True, help="without what only the walkthrough and our own tests need")
@click.option(
    "--class",
    "students",
    envvar="CLASS",
    type=click.Path(path_type=Path, resolve_path=True),
    help="bring the packages, too, that this class's requirements.txt files name",
)
def bundle_command(hub: str, out: Path, students: Path | None, *, small: bool) -> None:
    """Pack base images, images and wheels into one archive, for a room without a network."""
    more = pins.of_class(students) if students else []
    record = record_of_engine()
    made = pack.pack(record, hub, out, console, waiting=say_waiting, small=small, more=more)
    console.print(
        _(
            "{path}: {images} images ({source}), {wheels} wheels, {gb:.1f} GB. In the room: make load BUNDLE=FILE"
        ).format(
            path=out,
            images=len(made.images),
            source=made.source,
            wheels=len(made.index) + len(made.venv),
            gb=out.stat().st_size / 1e9,
        ),
        markup=False,
        soft_wrap=True,
    )


@click.command("load")
@language_option
@click.option("--bundle", envvar="BUNDLE", required=True, type=_file, help="what make bundle wrote")
@click.option("--force", envvar="FORCE", is_flag=True, help="take names from whoever has them; any version's bundle")
def load_command(bundle: Path, *, force: bool) -> None:
    """Load a bundle's images into this engine; build-all and check then need no network."""
    record = record_of_engine()
    with record.working(say_waiting):
        loaded = load.load(record, bundle, console, force=force)
    console.print(
        _(
            "Loaded: {images} images ({source}), packed {made}. No network is needed from here on: make build-all. "
            "Away again: make clean BASES=1"
        ).format(images=len(loaded.images), source=loaded.source, made=loaded.made),
        markup=False,
        soft_wrap=True,
    )
