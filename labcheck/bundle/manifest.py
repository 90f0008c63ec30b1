"""What a bundle holds, as its manifest.json says. The standard library alone: it is read before there is a .venv."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict, dataclass, field

from labcheck.errors import LabcheckError
from labcheck.i18n import _

FORMAT = 1  # of the archive: another one is refused
NAME = "manifest.json"  # the last member: an archive that was cut off has none
CHECKOUT, WHEELS, IMAGES = "checkout.tar.gz", "wheels.tar", "images.tar"


@dataclass(frozen=True)
class Part:
    """A member of the archive."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Image:
    """An image in images.tar: what it is called there, and what it is to be called on the engine."""

    packed: str
    name: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What is in a bundle, where it was made, and whom it is for.

    `bases` is the kind of the base images ("standin", or "mirror" for real ones), `source` what a person calls them;
    `architecture` the engine's word, `python` whose .venv the wheels fit; `image_bytes` the images' room on an engine;
    `recipes` digests of what the images were made from; `venv` and `index` the names of the wheels.
    """

    made: str
    version: str
    architecture: str
    python: str
    bases: str
    source: str
    image_bytes: int
    parts: tuple[Part, ...] = ()
    images: tuple[Image, ...] = ()
    recipes: dict[str, str] = field(default_factory=dict)
    venv: tuple[str, ...] = ()
    index: tuple[str, ...] = ()

    def part(self, name: str) -> Part | None:
        """Return the part of that name, None where the bundle has none."""
        return next((part for part in self.parts if part.name == name), None)

    def to_json(self) -> bytes:
        """Return what is written into the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False).encode()


def from_json(text: bytes) -> Manifest:
    """Return the manifest that `text` is.

    Raises:
        LabcheckError: it is none, or one of another format.
    """
    try:
        data = json.loads(text)
        made_as = data.pop("format")
        if made_as != FORMAT:
            raise LabcheckError(
                _(
                    "The bundle is of format {theirs}, and this project reads format {ours}: take the checkout that is "
                    "in the bundle (tar -xOf BUNDLE checkout.tar.gz | tar -xz), or pack it anew with this one."
                ).format(theirs=made_as, ours=FORMAT)
            )
        data["parts"] = tuple(Part(**part) for part in data["parts"])
        data["images"] = tuple(Image(**image) for image in data["images"])
        data |= {name: tuple(data[name]) for name in ("venv", "index")}
        return Manifest(**data)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LabcheckError(
            _("The bundle's {name} is not what make bundle writes: {reason}").format(name=NAME, reason=error)
        ) from error


def this_python() -> str:
    """Return the interpreter that runs this, as far as wheels depend on it: its version and its machine."""
    return f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]} {sys.platform} {platform.machine()}"


def refuse_other_python(manifest: Manifest) -> None:
    """Stop where the wheels for .venv do not fit this interpreter.

    Raises:
        LabcheckError: they do not.
    """
    if manifest.python != this_python():
        raise LabcheckError(
            _(
                "The bundle's packages are for {theirs}, and this is {ours}. Name the other interpreter if it is here "
                "(make load PYTHON=python3.12), or pack the bundle on a machine that has this one."
            ).format(theirs=manifest.python, ours=this_python())
        )


def refuse_other_architecture(manifest: Manifest, architecture: str) -> None:
    """Stop where the images are for another processor than the engine's.

    Raises:
        LabcheckError: they are.
    """
    if manifest.architecture != architecture:
        raise LabcheckError(
            _(
                "The bundle's images are for {theirs}, and this engine is {ours}: pack one on such a machine. "
                "Nothing was loaded."
            ).format(theirs=manifest.architecture, ours=architecture)
        )
