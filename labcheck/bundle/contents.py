"""What goes into a bundle: base images, the lab's images, the tool's own, and how each is to be called in the room."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.bundle.manifest import Image
from labcheck.images import bases, build, bundled, standins
from labcheck.images import lab as images
from labcheck.images.bases import LAB_BASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

PACKED = "localhost/bundle/packed"  # what images are called in the archive: no name of anybody's is taken by loading it
# what the walkthrough and tests of ours need besides: a registry, the lab's network tools and its desktop, Debian
MORE_BASES = ("registry:2", "avenga/net-tools:latest", "beneventsur/xubuntu:vscode-1.44.2", "debian:12", "debian:13")
_GRADING_TOOLS = (
    "labcheck/machine/lab_machine",
    "labcheck/images/ready_mysql",
    "labcheck/checks/netplan_generator",
)
_MORE_TOOLS = ("tests/keeper/chromium",)


@dataclass(frozen=True)
class Item:
    """An image to be packed: what it is called on the engine that packs, and on the one that loads."""

    reference: str
    name: str


def base_names(source: Source, *, small: bool) -> list[str]:
    """Return the official names of the bases; small: those that building and grading need; of stand-ins all names."""
    if source.kind != "standin":
        return list(LAB_BASES)
    named = [*LAB_BASES, *(() if small else MORE_BASES)]
    return list(dict.fromkeys(name for asked in named for name in standins.find(asked).names))


def tools(*, small: bool) -> list[Path]:
    """Return the recipes of the tool's images."""
    return [images.CHECKOUT / recipe for recipe in (*_GRADING_TOOLS, *(() if small else _MORE_TOOLS))]


def items(source: Source, tool_tags: Iterable[str], *, small: bool) -> list[Item]:
    """Return the images of a bundle; a real base is called in the room by a name that no registry has."""
    there = source if source.kind == "standin" else bundled.LOADED
    found = [Item(source.reference(name), there.reference(name)) for name in base_names(source, small=small)]
    found += [Item(tag, tag) for image in images.LAB_IMAGES for tag in image.tags]
    return [*found, *(Item(tag, tag) for tag in tool_tags)]


def pack(record: Record, item: Item, number: int, say: Callable[[str], None]) -> Image:
    """Give an image the name that it has in the archive; a base and a tool of ours say that they come out of a bundle.

    What they say is configuration alone: the layers, and so every size, are the original's.

    Raises:
        LabcheckError: the engine does not do it.
    """
    packed = f"{PACKED}:{number}"
    image = record.engine.images.get(item.reference)
    if bases.registry_of(item.name) is None:  # of the lab's own
        record.tag(str(image.id), packed)
    else:
        with tempfile.TemporaryDirectory(prefix="labcheck-") as folder:
            text = _marked(item, image.attrs["Config"])
            build.build(record, Path(folder), text, tags=[packed], labels={}, say=say)
    return Image(packed, item.name, images.size(record.engine, packed))


def _marked(item: Item, config: dict[str, object]) -> str:
    """Return a Dockerfile that adds to an image the name it comes with, and where its pip finds packages."""
    lines = [f"FROM {item.reference}", f'LABEL {bundled.LABEL}="{item.name}"']
    if any(str(entry).startswith("PYTHON_VERSION=") for entry in config.get("Env") or []):  # type: ignore[attr-defined]
        lines += ["ENV " + " ".join(f"{name}={value}" for name, value in bundled.PIP.items())]
        # the last line of every python image, by which the history of one built on it is read (image_reading.py)
        lines += [f"CMD {json.dumps(config['Cmd'])}"]
    return "\n".join([*lines, ""])


def bytes_of(record: Record, references: Iterable[str]) -> int:
    """Return the room that images take together on an engine: a layer that several have counts once."""
    layers: dict[tuple[str, ...], int] = {}
    for reference in references:
        found = record.engine.images.get(reference)
        layers[tuple(found.attrs["RootFS"].get("Layers") or [])] = images.size(record.engine, reference)
    total = 0
    for chain, size in layers.items():
        below = [other for other in layers if other != chain and chain[: len(other)] == other]
        total += size - max((layers[other] for other in below), default=0)
    return total


def recipes() -> dict[str, str]:
    """Return a digest of each recipe whose images are in a bundle: another checkout may have others."""
    folders = ("standins", *_GRADING_TOOLS, *_MORE_TOOLS)
    return {folder: _digest(images.CHECKOUT / folder) for folder in folders}


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(repr((str(path.relative_to(folder)), os.access(path, os.X_OK))).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
