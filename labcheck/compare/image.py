"""The image that was handed in (lab steps 133-148), by its configuration, its history and the files in it.

It is never started: `docker inspect`, `docker history`, and files read from a container that was created only.
"""

from __future__ import annotations

import posixpath
import re
import tarfile
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, cast

import docker.errors
import requests

from labcheck.checks.staging import ENVIRONMENT_NAMES
from labcheck.compare.model import Finding, Note, beyond, differs, equivalent, finding
from labcheck.compare.packages import CONNECTOR, OLD_CONNECTOR
from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.submission.student_file import TEXT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.models.containers import Container

APP = "/app"
LIBRARIES = "/usr/local/lib"
MB = 1_000_000
FULL_MB = 200  # more than any var_keeper on alpine or slim, less than a quarter of the full image's 900 (step 117)
_READ_LIMIT, _MEMBERS_LIMIT = 400 * MB, 100_000
_INSTALLED = re.compile(r"(?:site|dist)-packages/([\w.]+)-([\w.!+]+)\.(?:dist|egg)-info(?:/|$)")
_MODULE = re.compile(r"(?:site|dist)-packages/mysql/connector/")
_PLATFORMS = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """What is known of an image without starting it; `files` are the texts of its folder.

    `names` is all that lies in that folder; `packages` has the version of each Python package by its name.
    """

    name: str
    config: dict[str, Any]
    history: tuple[str, ...]
    size: int  # bytes, all layers together
    platform: str
    wanted_platform: str
    files: dict[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def started(self) -> list[str]:
        """The words of the process that a container of it starts."""
        return [*(self.config.get("Entrypoint") or []), *(self.config.get("Cmd") or [])]


def look(engine: DockerClient, name: str) -> Image:
    """Return what an image on the engine is and holds.

    Raises:
        LabcheckError: it is not there, or the engine went away.
    """
    try:
        image = engine.images.get(name)
        layers = image.history()
        container = engine.containers.create(str(image.id), ["-"], labels=ownership.run_labels(), network_mode="none")
        try:
            folder = posixpath.normpath(image.attrs["Config"].get("WorkingDir") or APP)
            files, names = _contents_of(container, folder if folder != "/" else APP)
            packages = _packages(container)
        finally:
            container.remove(force=True, v=True)
    except docker.errors.ImageNotFound as error:
        raise LabcheckError(
            _("There is no image {name} on this engine. Get it: docker pull {name}").format(name=name)
        ) from error
    except (docker.errors.DockerException, requests.RequestException, tarfile.TarError) as error:
        raise LabcheckError(_("The image {name} cannot be read: {reason}").format(name=name, reason=error)) from error
    host = engine.info()["Architecture"]
    return Image(
        name=name,
        config=image.attrs["Config"],
        history=tuple(str(layer["CreatedBy"]) for layer in reversed(layers)),
        size=sum(int(layer["Size"]) for layer in layers),
        platform=image.attrs["Architecture"],
        wanted_platform=_PLATFORMS.get(host, host),
        files=files,
        names=names,
        packages=packages,
    )


def compare(image: Image) -> Finding:
    """Compare an image with what the lab's commands make."""
    return finding("image", 137, [*_config(image), *_contents(image)], identical=True)


def _config(image: Image) -> Iterator[Note]:
    words = [posixpath.basename(str(word)) for word in image.started if word not in {"-u", "-B"}]
    if words[:2] not in (["python", "app.py"], ["python3", "app.py"]):
        says = _("A container of it starts {command}, not python app.py.").format(command=" ".join(image.started)[:100])
        yield differs(113, says, "python app.py", " ".join(image.started))
    folder = image.config.get("WorkingDir") or "/"
    if posixpath.normpath(folder) != APP:
        says = _("The working directory is {folder}: later steps look for the app in /app (120, 136).")
        yield differs(113, says.format(folder=folder[:100]), f"WORKDIR {APP}", f"WORKDIR {folder}")
    if image.platform != image.wanted_platform:
        says = _("It is made for {other} processors: on {mine} it ends with exec format error.")
        yield differs(
            148, says.format(other=image.platform, mine=image.wanted_platform), image.wanted_platform, image.platform
        )
    if image.size > FULL_MB * MB:
        says = _("It has {size:.0f} MB: flask:latest was not yet the small image when the container was started (131).")
        yield differs(131, says.format(size=image.size / MB), _("some 60 MB"), f"{image.size / MB:.0f} MB")
    if not image.config.get("StopSignal") and not image.config.get("Healthcheck"):
        says = _("HEALTHCHECK tells when the database can be used; STOPSIGNAL SIGINT ends plain Flask at once.")
        yield beyond(141, says)


def _contents(image: Image) -> Iterator[Note]:
    app = image.files.get("app.py")
    if app is None:
        says = _("There is no app.py in the image's folder: python finds no such file at 141.")
        yield differs(136, says, "app.py", "\n".join(sorted(image.files)))
    elif "mysql" not in app:
        says = _(
            "It holds the hello app: docker cp was forgotten (136), or it was pushed before the last change (148)."
        )
        yield differs(148, says, "var_keeper", app)
    if OLD_CONNECTOR in image.packages and CONNECTOR not in image.packages:
        says = _("mysql-connector is a package of 2017: it does not know how MySQL asks for the password at 141.")
        yield differs(134, says, CONNECTOR, f"{OLD_CONNECTOR} {image.packages[OLD_CONNECTOR]}")
    elif CONNECTOR not in image.packages:
        says = _("The connector is not installed in it: no module named mysql at 141. pip ran on the host, perhaps.")
        yield differs(134, says, CONNECTOR, ", ".join(sorted(image.packages)))
    junk = [name for name in sorted(image.names) if name == "Dockerfile" or name in ENVIRONMENT_NAMES]
    if junk:
        says = _("{names} is in the image: junk that .dockerignore keeps out.").format(names=", ".join(junk))
        yield differs(123, says, "", "\n".join(sorted(image.names)))
    if not image.history or not any("pip install" in line for line in image.history):
        yield equivalent(137, _("Its history shows no pip install: it was made of a container, or from another image."))


def _contents_of(container: Container, folder: str) -> tuple[dict[str, str], frozenset[str]]:
    """Return the texts in a folder of the image, by name, and all the names in it; long files are left out."""
    found: dict[str, str] = {}
    names = set()
    for archive, entry in _members(container, folder):
        name = entry.name.partition("/")[2]
        names.add(name.partition("/")[0])
        if name and "/" not in name and entry.isfile() and entry.size <= TEXT_LIMIT:
            file = cast("IO[bytes]", archive.extractfile(entry))
            found[name] = file.read().decode("utf-8", errors="replace")
    return found, frozenset(names - {""})


def _packages(container: Container) -> dict[str, str]:
    """Return the Python packages in the image, by the names of their folders."""
    found: dict[str, str] = {}
    for _archive, entry in _members(container, LIBRARIES):
        match = _INSTALLED.search(entry.name)
        if match:
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return found


def _members(container: Container, folder: str) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield what is in a folder of the image, as it comes, within limits."""
    try:
        chunks, _about = container.get_archive(folder)
    except docker.errors.NotFound:
        return
    stream = _Stream(chunks)
    with closing(cast("Any", chunks)), tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive:
        for number, entry in enumerate(archive):
            if number > _MEMBERS_LIMIT or stream.taken > _READ_LIMIT:
                raise LabcheckError(
                    _("The folder {folder} of the image is too big to be looked at.").format(folder=folder)
                )
            yield archive, entry


class _Stream:
    """The chunks of an answer as a file that is read from front to back."""

    def __init__(self, chunks: Any) -> None:  # noqa: ANN401 - docker-py's generator
        self._chunks = iter(chunks)
        self._rest = b""
        self.taken = 0

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end."""
        parts, missing = [], size
        while missing > 0:
            if not self._rest:
                self._rest = next(self._chunks, b"")
                self.taken += len(self._rest)
                if not self._rest:
                    break
            parts.append(self._rest[:missing])
            self._rest = self._rest[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)
