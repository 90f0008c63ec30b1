"""Stand-ins: base images built from Debian's packages, for where no image registry can be reached.

A recipe is a folder of `standins/` with either a `Dockerfile` or, for a root file system that starts from nothing, a
`root.sh` that writes it as a tar archive. Its first lines say what it stands for and what room its build needs.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck import interrupt
from labcheck.engine import host
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import build, bundled
from labcheck.images.bases import STANDIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from labcheck.engine.record import Record

DIRECTORY = Path(__file__).parent.parent.parent / "standins"
RECIPE_LABEL = "standin.recipe"
_NAMES = re.compile(r"^# stand-in for: (.+)$", re.MULTILINE)
_PEAK = re.compile(r"^# peak disk: (\d+) MB$", re.MULTILINE)
_ROOT_SECONDS = 900


@dataclass(frozen=True)
class Recipe:
    """How one stand-in is made. `names`: the official names it answers to; `file`: its Dockerfile or root.sh."""

    names: tuple[str, ...]
    file: Path

    @cached_property
    def text(self) -> str:
        """The recipe's main file."""
        return self.file.read_text(encoding="utf-8")

    @property
    def is_root(self) -> bool:
        """Tell whether it makes a root file system from nothing."""
        return self.file.name == "root.sh"

    @cached_property
    def bases(self) -> list[str]:
        """The official names it starts from."""
        return [] if self.is_root else build.base_names(self.text)

    @cached_property
    def peak_mb(self) -> int:
        """What room its build needs on the engine's disk, in MB."""
        found = _PEAK.search(self.text)
        return int(found[1]) if found else 0

    @cached_property
    def digest(self) -> str:
        """What its image depends on: its files, its bases' recipes, and what it takes over from this host."""
        digest = hashlib.sha256(repr((self.names, platform.machine())).encode())
        for path in sorted(self.file.parent.rglob("*")):
            if path.is_file():
                digest.update(repr((path.relative_to(self.file.parent), os.access(path, os.X_OK))).encode())
                digest.update(path.read_bytes())
        if self.is_root:
            digest.update(repr((host.debian_mirrors(), host.pip_settings(), host.local_certificates_digest())).encode())
        for name in self.bases:
            digest.update(find(name).digest.encode())
        return digest.hexdigest()

    def is_current(self, client: DockerClient) -> bool:
        """Tell whether the engine has this stand-in, made by the recipe as it is now, or out of a bundle."""
        names = [STANDIN.reference(name) for name in self.names]
        if all(bundled.is_bundled(client, name) for name in names):
            return True  # its digest is of another host's settings, and this one may have none: no apt, no mirror
        images = client.images.list(filters={"label": f"{RECIPE_LABEL}={self.digest}"})
        return {tag for image in images for tag in image.tags}.issuperset(names)

    def make(self, record: Record, say: Callable[[str], None]) -> None:
        """Build the stand-in and give it its names.

        Raises:
            LabcheckError: the build failed. interrupt.Interrupted: Ctrl-C.
        """
        labels = {"standin": "true", "standin.for": " ".join(self.names), RECIPE_LABEL: self.digest}
        tags = [STANDIN.reference(name) for name in self.names]
        if self.is_root:
            _import_root(record, self, tags[0], labels, say)
        else:
            dockerfile = build.with_bases(self.text, STANDIN.reference)
            build.build(record, self.file.parent, dockerfile, tags=tags, labels=labels, say=say)


@cache
def all_recipes() -> list[Recipe]:
    """Return every recipe of `standins/`; a root.sh gives one for each of its names.

    Raises:
        LabcheckError: a recipe does not say what it stands for.
    """
    recipes = []
    for file in sorted([*DIRECTORY.glob("*/Dockerfile"), *DIRECTORY.glob("*/root.sh")]):
        header = _NAMES.search(file.read_text(encoding="utf-8"))
        if not header:
            raise LabcheckError(_("{file} lacks its first line: # stand-in for: NAME:TAG").format(file=file))
        names = tuple(header[1].split())
        recipes += [Recipe((name,), file) for name in names] if file.name == "root.sh" else [Recipe(names, file)]
    return recipes


def find(name: str) -> Recipe:
    """Return the recipe of an official name.

    Raises:
        LabcheckError: there is none.
    """
    for recipe in all_recipes():
        if name in recipe.names:
            return recipe
    raise LabcheckError(_("There is no stand-in for {name} in standins/.").format(name=name))


def outdated(client: DockerClient, names: list[str]) -> list[Recipe]:
    """Return the recipes to make before the engine has current stand-ins for `names`, bases before what needs them."""
    order: dict[tuple[str, ...], Recipe] = {}

    def visit(name: str) -> None:
        recipe = find(name)
        if recipe.names not in order and not recipe.is_current(client):
            for base in recipe.bases:
                visit(base)
            order[recipe.names] = recipe

    for name in names:
        visit(name)
    return list(order.values())


def _import_root(record: Record, recipe: Recipe, tag: str, labels: dict[str, str], say: Callable[[str], None]) -> None:
    host.require("mmdebstrap", "mmdebstrap")
    host.require("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring")  # Ubuntu has it not
    mirrors = host.debian_mirrors()
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        archive, settings = Path(directory) / "root.tar", Path(directory) / "pip.conf"
        lines = "".join(f"{key} = {value}\n" for key, value in host.pip_settings().items())
        settings.write_text(f"[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n{lines}")
        environment = {
            **os.environ,
            "MIRROR": mirrors.main,
            "SECURITY_MIRROR": mirrors.security,
            "PIP_CONF": str(settings),
        }
        say(_("Debian's packages into a root file system"))
        with (
            archive.open("wb") as output,
            subprocess.Popen(  # noqa: S603 - a script of ours
                [recipe.file, recipe.names[0]], env=environment, stdout=output, stderr=subprocess.PIPE, text=True
            ) as process,
        ):
            try:
                with interrupt.ending_with(process.terminate):
                    errors = process.communicate(timeout=_ROOT_SECONDS)[1]
            except subprocess.TimeoutExpired as error:
                process.terminate()
                raise LabcheckError(
                    _("{file} did not end within {minutes:.0f} min. Is the package mirror in reach?").format(
                        file=recipe.file, minutes=_ROOT_SECONDS / 60
                    )
                ) from error
        if process.returncode:
            raise LabcheckError(
                _("{file} failed. Check the network and the mirror {mirror}. It said:\n{errors}").format(
                    file=recipe.file, mirror=mirrors.main, errors="\n".join(errors.splitlines()[-5:])
                )
            )
        say(_("importing"))
        changes = ['CMD ["bash"]', *(f'LABEL {key}="{value}"' for key, value in labels.items())]
        answer = record.engine.api.import_image(src=str(archive), changes=changes)
    image_id = json.loads(answer.splitlines()[-1])["status"]
    record.begin_step(image_id)
    record.tag(image_id, tag)
