"""`make load`: what a bundle holds onto this engine, each image under its name, and recorded as ours."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, cast

import docker.errors

from labcheck import tasks
from labcheck.bundle import archive, contents, manifest
from labcheck.engine import connection, stream
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import lab as images

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.console import Console

    from labcheck.bundle.manifest import Manifest, Part
    from labcheck.engine.record import Record

    Say = Callable[[str], None]

_SECONDS = 3600
_SPARE = 2  # an engine unpacks an archive beside its layers first


def load(record: Record, path: Path, console: Console, *, force: bool) -> Manifest:
    """Load the images of a bundle and return its manifest; what the engine has already is not loaded again.

    `force` takes names even from somebody else's images.

    Raises:
        LabcheckError: the bundle is not whole or not for this engine, a name is taken, or there is no room: then
            nothing was loaded. KeyboardInterrupt: Ctrl-C; the same command goes on.
    """
    with archive.reading(path) as (tar, bundle):
        part = bundle.part(manifest.IMAGES)
        if part is None:
            raise LabcheckError(_("There are no images in {path}.").format(path=path))
        manifest.refuse_other_architecture(bundle, str(record.engine.version()["Arch"]))
        if not force:
            _refuse_other_recipes(bundle)
            _refuse_foreign(record, bundle)
        images.check_space(record.engine, bundle.image_bytes * _SPARE, console)
        checking, loading = _("checksum"), _("images")
        tasks.run(
            [
                tasks.Task(checking, lambda say: archive.verify(tar, part, say)),
                tasks.Task(loading, lambda say: _load(record, tar, part, bundle, say), [checking]),
            ],
            console,
        )
    return bundle


def _refuse_other_recipes(bundle: Manifest) -> None:
    ours = contents.recipes()
    other = sorted(name for name, digest in bundle.recipes.items() if ours.get(name) != digest)
    if other:
        raise LabcheckError(
            _(
                "The bundle was packed by another version of this project ({version}; other: {names}). Use the "
                "checkout that is in it (tar -xOf BUNDLE checkout.tar.gz | tar -xz), or FORCE=1."
            ).format(version=bundle.version or "?", names=", ".join(other))
        )


def _refuse_foreign(record: Record, bundle: Manifest) -> None:
    foreign = [image.name for image in bundle.images if record.is_foreign(image.name)]
    if foreign:
        raise LabcheckError(
            _(
                "The engine already has {tags}, and it is not ours. Give it another name (docker tag {first} mine), "
                "then run again with FORCE=1, which moves the name to our image. Nothing was loaded."
            ).format(tags=", ".join(foreign), first=foreign[0])
        )


def _load(record: Record, tar: tarfile.TarFile, part: Part, bundle: Manifest, say: Say) -> None:
    with _without_packed_names(record, bundle), archive.opened(tar, part) as file:
        told = cast("IO[bytes]", _Told(file, part.bytes, say))
        for event in stream.events(lambda api: cast("Any", api).load_image(told), seconds=_SECONDS):
            if "error" in event:
                raise LabcheckError(_("The engine does not take the images: {reason}").format(reason=event["error"]))
            if event.get("stream"):
                say(event["stream"].strip())
        ids = connection.tags_of(record.engine)
        if lacking := [image.name for image in bundle.images if image.packed not in ids]:
            raise LabcheckError(_("The bundle has no image {names}.").format(names=", ".join(lacking)))
        for image in bundle.images:
            say(image.name)
            record.tag(ids[image.packed], image.name)


@contextmanager
def _without_packed_names(record: Record, bundle: Manifest) -> Iterator[None]:
    """Take off the names that the images have in the archive: what was loaded by halves goes with them."""
    try:
        yield
    finally:
        for image in bundle.images:
            with suppress(docker.errors.APIError):
                record.engine.images.remove(image.packed, noprune=True)


class _Told:
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], total: int, say: Say) -> None:
        self._file = file
        self._total = total
        self._say = say

    def __len__(self) -> int:
        """Return the bytes: https://requests.readthedocs.io/en/latest/user/advanced/#streaming-uploads."""
        return self._total

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._file.read(size)
        self._say(_("{done:.0f} of {total:.0f} MB").format(done=self._file.tell() / 1e6, total=self._total / 1e6))
        return data
