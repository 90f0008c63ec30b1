"""The lab machine: an engine in a container, for work that nobody trusts; `lab_machine/` is what it is made of.

Its disk, memory and processes are bounded, and nothing leaves it but for the package registries (exits.py). It is kept
between runs, stopped, with the base images that were brought in; a slot is one machine, used by one process at a time.
"""

from __future__ import annotations

import json
import shutil
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import docker
import docker.errors

from labcheck.engine import connection as host_engine
from labcheck.engine.containers import inside
from labcheck.errors import LabcheckError, MachineError
from labcheck.i18n import _
from labcheck.images import bases, buildkit, bundled, toolimages
from labcheck.machine import container as machine_container
from labcheck.machine import exits, slots
from labcheck.machine.container import EXIT, IMAGES, SETTINGS, SHARED, address_of, registries, registry_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.images import Image

    from labcheck.images.bases import Source

RECIPE = Path(__file__).parent / "lab_machine"
HANDED_IN = "localhost/labcheck/handed-in:latest"  # the image out of an archive, whatever it is called there
GRADING, WALKTHROUGH = "grading", "walkthrough"


@dataclass
class Machine:
    """A running lab machine: `client` is its engine, `home` the folder that it shares with this host.

    `kind` is that of the source of its base images; `brought` are the images that stay when it is reset: their names in
    the machine, and their ids; `sizes` the bytes of base images that are not in it.
    """

    container: Container
    client: DockerClient
    home: Path
    kind: str
    brought: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The address at which published ports of its containers are reached."""
        return address_of(self.container)

    @property
    def environment(self) -> dict[str, str]:
        """What a process of ours needs to work in the machine, and nowhere else."""
        where = {"engine": host_engine.address(), "container": self.container.id, "scratch": str(self.scratch)}
        return {
            "DOCKER_HOST": f"unix://{self.home}/docker.sock",
            "TESTCONTAINERS_HOST_OVERRIDE": self.address,
            "XDG_STATE_HOME": str(self.home / "state"),
            bases.BROUGHT: self.kind,
            bases.SIZES: json.dumps(self.sizes),
            buildkit.MACHINE: json.dumps(where),
        }

    @property
    def scratch(self) -> Path:
        """A folder whose path is the same inside, for what checks mount into containers."""
        return self.home / SHARED / "scratch"

    def bring(self, engine: DockerClient, wanted: dict[str, str], *, trusted: bool) -> None:
        """Bring images in: `wanted` maps their names in the machine to those on this host's engine.

        A trusted one stays when the machine is reset, and the registries that it is set to are let through: base images
        are trusted, what a student made is not.

        Raises:
            LabcheckError: the machine has no room for them.
        """
        for name, reference in wanted.items():
            image = engine.images.get(reference)
            if self._has(name, image):
                continue
            try:
                (loaded,) = self.client.images.load(cast("IO[bytes]", image.save(named=reference)))
                loaded.tag(name)
            except docker.errors.DockerException as error:
                raise LabcheckError(
                    _("The lab machine cannot take in {name}: {reason}").format(name=name, reason=error)
                ) from error
            if reference != name:
                self.client.images.remove(reference)
            if trusted:
                self.brought[name] = str(loaded.id)
                self._settings_of(str(loaded.id)).write_text(registry_settings(self.client, loaded))
                self._brought_changed()

    def let_through(self, name: str, settings: str) -> None:
        """Let through the registries that an image is set to which this machine's engine is to pull itself."""
        (self.home / SETTINGS / f"pulled-{name}").write_text(settings)
        self._brought_changed()

    def load(self, archive: Path) -> str:
        """Load a `docker save` archive; return what its image is called here: of several, one that is named keeper.

        Raises:
            LabcheckError: the engine does not take it.
        """
        try:
            with archive.open("rb") as file:
                loaded = self.client.images.load(file)
        except docker.errors.DockerException as error:
            raise LabcheckError(
                _("docker load does not take {name}: {reason}").format(name=archive.name, reason=error)
            ) from error
        finally:
            self._restore_names()
        if not loaded:
            raise LabcheckError(_("There is no image in {name}.").format(name=archive.name))
        chosen = next((image for image in loaded if any("keeper" in tag for tag in image.tags)), loaded[-1])
        chosen.tag(HANDED_IN)
        return HANDED_IN

    def give_up(self, names: set[str]) -> None:
        """Remove images that were brought in: one submission's base is nothing to the next one."""
        for name in names & self.brought.keys():
            image_id = self.brought.pop(name)
            self.client.images.remove(name, force=True)
            if image_id not in self.brought.values():
                self._settings_of(image_id).unlink(missing_ok=True)
            self._brought_changed()

    def reset(self) -> None:
        """Remove all but the images that were brought in.

        Raises:
            LabcheckError: something stays; such a machine is to be removed.
        """
        try:
            for container in self.client.containers.list(all=True, ignore_removed=True):
                container.remove(force=True, v=True)
            self.client.networks.prune()
            for volume in self.client.volumes.list():
                volume.remove(force=True)
            self.client.api.prune_builds(all=True)
            self._restore_names()  # first: a base without a name goes with what was built on it
            for _round in range(2):  # the parent of an image goes after it
                for image in self.client.images.list(all=True):
                    self._remove(image)
        except docker.errors.DockerException as error:
            raise LabcheckError(_("The lab machine cannot be reset: {reason}").format(reason=error)) from error
        shutil.rmtree(self.home / "state", ignore_errors=True)  # what was recorded of those images
        left = {image.id for image in self.client.images.list()} - set(self.brought.values())
        if left or self.client.containers.list(all=True) or self.client.volumes.list():
            raise LabcheckError(_("The lab machine cannot be reset: something stays in it."))

    def _restore_names(self) -> None:
        """Give the images that were brought in their names back, which others may have taken."""
        for name, image_id in self.brought.items():
            self.client.images.get(image_id).tag(name)

    def _settings_of(self, image_id: str) -> Path:
        return self.home / SETTINGS / image_id.rpartition(":")[2]

    def _brought_changed(self) -> None:
        """Keep in mind what was brought in, and let the exit lead where it is set to."""
        (self.home / IMAGES).write_text(json.dumps(self.brought))
        if exits.write(self.home / EXIT, registries(self.home)):
            code, output = inside(self.container, "sh", "/exit.sh")
            if code:
                raise LabcheckError(_("The lab machine's exit does not open: {reason}").format(reason=output))

    def _has(self, name: str, image: Image) -> bool:
        with suppress(docker.errors.ImageNotFound):
            return self.brought.get(name) == image.id == self.client.images.get(name).id
        return False

    def _remove(self, image: Image) -> None:
        for tag in image.tags:
            if self.brought.get(tag) != image.id:
                self.client.images.remove(tag, noprune=True)
        if image.id not in self.brought.values():
            with suppress(docker.errors.APIError):  # its children go first, in the next round it does
                self.client.images.remove(str(image.id), force=True)


@contextmanager
def lend(engine: DockerClient, source: Source, *, profile: str = GRADING) -> Iterator[Machine]:
    """Give a lab machine that nobody else uses, empty but for images; it is stopped afterwards, and kept.

    One that failed, or was interrupted, is removed: the next run makes a new one.

    Raises:
        MachineError: there can be none here.
    """
    _refuse_what_cannot_work()
    image = toolimages.ensure(engine, source, RECIPE)
    if source == bundled.source(engine):
        bundled.address(engine)  # from here on the machine's exit leads to it
    with slots.take(profile) as home:
        try:
            machine = _ready(engine, image, source, profile, home)
            with closing(machine.client):
                yield machine
                machine.reset()
            machine.container.kill()
        except BaseException:
            with suppress(docker.errors.NotFound):
                machine_container.remove(engine.containers.get(machine_container.name_of(home)), home)
            raise


def _ready(engine: DockerClient, image: str, source: Source, profile: str, home: Path) -> Machine:
    """Return a machine that is started and empty; one that was kept and is broken is made anew."""
    container, is_kept = machine_container.get_or_create(engine, image, profile, home)
    try:
        kind = "standin" if source.kind == "standin" else "hub"
        machine = Machine(container, machine_container.start(container, home), home, kind, _brought(home))
        machine.reset()
    except LabcheckError:
        if not is_kept:
            raise
        machine_container.remove(container, home)
        return _ready(engine, image, source, profile, home)
    return machine


def remove_all(engine: DockerClient) -> list[str]:
    """Remove every lab machine of this user's that no run is using; return their names."""
    removed = []
    for home in slots.free():
        with suppress(docker.errors.NotFound):
            container = engine.containers.get(machine_container.name_of(home))
            machine_container.remove(container, home)
            removed.append(str(container.name))
    return removed


def _refuse_what_cannot_work() -> None:
    if not host_engine.is_local():
        raise MachineError(
            _(
                "A lab machine needs an engine on this machine, and this one is elsewhere: {address}. "
                "On that engine itself, without a machine: ENGINE=host make check"
            ).format(address=host_engine.address())
        )


def _brought(home: Path) -> dict[str, str]:
    file = home / IMAGES
    return dict(json.loads(file.read_text())) if file.is_file() else {}
