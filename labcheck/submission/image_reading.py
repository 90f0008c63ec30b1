"""Read what an image holds of the lab, without running it: the folder of its app, and a Dockerfile from its history.

An image is often all that is handed in: the lab asks for its name (after step 148). What a Dockerfile copied is in the
image, its instructions are in `docker history`, the base is known by the environment that the official image sets.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import docker.errors

from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.submission import archive, submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.images import Image

    from labcheck.submission.submission import Submission

APP = "/app"  # step 113
_IGNORE = ".dockerignore"
_JUNK = ("venv", "Dockerfile", ".git", "__pycache__")  # what a build context has and an image should not
_MOST_BYTES = 300_000_000
_BASES_LAST = re.compile(r'CMD \["python3?(?:\.\d+)?"\]\s*$')  # the last line of every official python image
_SHELL = "/bin/sh -c "
_NO_OPERATION = re.compile(r"^/bin/sh -c #\(nop\)\s+")
_BUILDKIT = re.compile(r"\s*# buildkit\s*$")
_COPIED = re.compile(r"^(COPY|ADD) (?:dir|file|multi):[0-9a-f]+ in (\S+)\s*$")
_INSTRUCTION = re.compile(r"^(?:COPY|ADD|RUN|WORKDIR|ENV|ENTRYPOINT|CMD|EXPOSE|USER|VOLUME|STOPSIGNAL|SHELL) ")
_COMPILER = "/usr/bin/gcc"
_SYSTEM = ("/etc/alpine-release", "/usr/lib/os-release", "/etc/os-release")  # the last one is often a link


def read(engine: DockerClient, reference: str, folder: Path) -> tuple[Submission, tuple[str, ...]]:
    """Write what an image holds below the empty `folder`; return that as a submission, and sentences about it.

    An image that holds nothing of the lab gives an empty submission.
    """
    image = engine.images.get(reference)
    notes: list[str] = []
    with _unstarted(engine, image) as container:
        where = (image.attrs["Config"].get("WorkingDir") or APP).rstrip("/")
        if where:
            notes += _copy(container, where, folder)
        base = _base(container, image)
    found = submission.in_folders("image", folder)
    context = next((path.parent for path in (found.requirements, found.app, found.keeper) if path), folder)
    files, above = [path for path in context.rglob("*") if path.is_file()], PurePosixPath(where).parent
    held = {str(above / path.relative_to(folder)): str(path.relative_to(context)) for path in files}
    text = dockerfile_of(_history(image), base, where, held)
    if text and found.dockerfile is None:
        kept_out = [name for name in _JUNK if not (context / name).exists()]
        (context / "Dockerfile").write_text(text, encoding="utf-8")
        notes.append(_("The Dockerfile is put together from docker history."))
        if not (context / _IGNORE).exists():
            # history does not tell which way junk was kept out (step 122), the image that it was
            (context / _IGNORE).write_text("\n".join([*kept_out, ""]), encoding="utf-8")
            notes.append(_(".dockerignore is put together from what is not in the image."))
    return submission.in_folders("image", folder), tuple(notes)


def dockerfile_of(history: list[str], base: str | None, where: str, held: Mapping[str, str]) -> str | None:
    """Return a Dockerfile whose build does what the history says, from `base` on; None where that cannot be told.

    `history` is `docker history --no-trunc --format '{{.CreatedBy}}'`, the oldest first; of the classic builder or of
    BuildKit. The classic builder does not say what was copied: it is what `held` has for that place in the image, where
    `where` is its working directory, else all of the build context (step 113).
    """
    lasts = [number for number, line in enumerate(history) if _BASES_LAST.search(_BUILDKIT.sub("", line))]
    if not lasts or base is None:
        return None
    own = [line for line in (_instruction(created_by, where, held) for created_by in history[lasts[-1] + 1 :]) if line]
    return "\n".join([f"FROM {base}", *own, ""]) if own else None


def _instruction(created_by: str, where: str, held: Mapping[str, str]) -> str | None:
    line = _BUILDKIT.sub("", created_by)
    if _NO_OPERATION.match(line):
        line = _NO_OPERATION.sub("", line)
    elif line.startswith(_SHELL):
        line = f"RUN {line.removeprefix(_SHELL)}"
    line = line.replace(f"RUN {_SHELL}", "RUN ", 1)
    copied = _COPIED.match(line)
    if copied:
        place = posixpath.normpath(posixpath.join(where, copied[2]))
        line = f"{copied[1]} {held.get(place, '/')} {copied[2]}"
    return line.strip() if _INSTRUCTION.match(line) else None  # what `docker commit` adds is none


def _history(image: Image) -> list[str]:
    return [str(layer["CreatedBy"]) for layer in reversed(image.history())]


def _base(container: Container, image: Image) -> str | None:
    """Return the official name of the python image that it was built from, None where it is none."""
    environment = dict(line.partition("=")[::2] for line in image.attrs["Config"].get("Env") or [])
    version = environment.get("PYTHON_VERSION", "")
    if not re.fullmatch(r"\d+(\.\d+){1,2}\w*", version):
        return None
    is_alpine = any(b"alpine" in _beginning(container, path).lower() for path in _SYSTEM)
    variant = "-alpine" if is_alpine else "" if _beginning(container, _COMPILER) else "-slim"
    return f"python:{version}{variant}"


def _copy(container: Container, where: str, folder: Path) -> list[str]:
    """Copy a folder of the image here, within limits; return what was left out."""
    try:
        chunks, _about = container.get_archive(where)
    except docker.errors.NotFound:
        return [_("There is no folder {folder} in the image.").format(folder=where)]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "image.tar"
        with file.open("wb") as writing:
            for chunk in chunks:
                writing.write(chunk)
                if writing.tell() > _MOST_BYTES:
                    return [_("The folder {folder} of the image is too big to be looked at.").format(folder=where)]
        try:
            return list(archive.unpack(file, folder).said)
        except LabcheckError as error:
            folder.mkdir()  # it is gone with what was in it
            return [str(error)]


@contextmanager
def _unstarted(engine: DockerClient, image: Image) -> Iterator[Container]:
    container = engine.containers.create(str(image.id), ["none"], labels=ownership.run_labels())
    try:
        yield container
    finally:
        container.remove(v=True)


def _beginning(container: Container, path: str) -> bytes:
    """Return the first bytes of a file, as the archive that `docker cp` makes of it; none where it is not there."""
    try:
        return next(iter(container.get_archive(path)[0]), b"")
    except docker.errors.NotFound:
        return b""
