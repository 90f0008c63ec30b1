"""A student's artefacts compared with the reference's, by what they mean; nothing of theirs is built or run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from labcheck.compare import dockerfile, hello, ignore, image, keeper, netplan, packages, page
from labcheck.compare.model import MISSING, UNKNOWN, Finding, differs, equivalent, finding
from labcheck.compare.stages import TEXT_LIMIT
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images.bases import official_name
from labcheck.submission.student_file import StudentFileError, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labcheck.checks.netplan import Merge
    from labcheck.compare.image import Image
    from labcheck.submission.submission import Submission

__all__ = ["compare"]


def compare(
    submission: Submission,
    reference: Submission,
    *,
    merge: Merge,
    look: Callable[[str], Image],
    from_image: bool = False,
) -> list[Finding]:
    """Return a finding for each artefact, in the lab's order.

    `merge` is netplan's generator; `look` reads an image. Either may raise LabcheckError: then its finding is UNKNOWN.
    `from_image`: there was no folder, and the build context is what an image gave.
    """
    return list(_Comparison(submission, reference, merge, look, from_image=from_image).findings())


class _Comparison:
    """One submission beside the reference."""

    def __init__(
        self,
        submission: Submission,
        reference: Submission,
        merge: Merge,
        look: Callable[[str], Image],
        *,
        from_image: bool,
    ) -> None:
        self._from_image = from_image
        self._mine = submission
        self._theirs = reference
        self._merge = merge
        self._look = look

    def findings(self) -> Iterator[Finding]:
        """Yield them; of an image that is not to be had there is nothing more to say."""
        if self._from_image and (not self._mine.image or self._mine.image_fault or self._mine.image_trouble):
            yield self._guarded("image", 137, self._image)
            return
        yield self._guarded("netplan", 2, self._netplan)
        yield self._guarded("content", 80, self._content)
        yield self._guarded("app.py", 108, self._app)
        yield self._guarded("requirements", 111, self._requirements)
        yield from self._dockerfiles()
        yield self._guarded(ignore.NAME, 123, self._ignore)
        yield self._guarded("var_keeper", 135, self._keeper)
        yield from self._beside_the_keeper()
        if self._mine.has_image:
            yield self._guarded("image", 137, self._image)

    @staticmethod
    def _guarded(artefact: str, step: int, made: Callable[[], Finding]) -> Finding:
        try:
            return made()
        except StudentFileError as error:
            return finding(artefact, step, [differs(step, str(error))])
        except LabcheckError as error:
            return Finding(artefact, UNKNOWN, step, str(error))
        except Exception as error:  # noqa: BLE001 - one artefact that we stumble over is not to hide the others
            says = _("We could not compare it: {kind}: {reason}")
            return Finding(artefact, UNKNOWN, step, says.format(kind=type(error).__name__, reason=str(error)[:200]))

    def _netplan(self) -> Finding:
        if self._mine.netplan is None:
            says = _("Not handed in, which costs nothing: who has no trouble with DNS skips it.")
            return Finding("netplan", MISSING, 2, says, costs=False)
        return netplan.compare(self._mine.netplan, _there(self._theirs.netplan), self._merge)

    def _content(self) -> Finding:
        if self._mine.content is None:
            return Finding("content", MISSING, 80, _("Not handed in, which costs nothing."), costs=False)
        return page.compare(self._mine.content, _there(self._theirs.content))

    def _app(self) -> Finding:
        if self._mine.app:
            return hello.compare(read_text(self._mine.app), _there(self._theirs.app).read_text(encoding="utf-8"))
        if self._mine.app_is_keeper:
            says = _("app.py is var_keeper, as step 135 leaves it.")
            return finding("app.py", 135, [equivalent(135, says)])
        return Finding("app.py", MISSING, 108, _("There is no app.py: python finds no such file at 116."))

    def _requirements(self) -> Finding:
        return packages.compare("requirements", self._mine.requirements, _there(self._theirs.requirements))

    def _dockerfiles(self) -> Iterator[Finding]:
        if self._from_image:
            yield self._in_the_image("Dockerfile", 113)
        elif not self._mine.dockerfiles:
            yield dockerfile.missing(self._mine)
        else:
            for name in self._mine.dockerfiles:
                yield self._guarded(name, 113, partial(self._dockerfile, name))

    def _dockerfile(self, name: str) -> Finding:
        context = _there(self._mine.context)
        try:
            build = dockerfile.read(context, name, ignore.context_files(self._mine))
        except StudentFileError as error:
            return dockerfile.unreadable(name, error)
        kind = dockerfile.variant(official_name(build.base))
        return dockerfile.compare(name, read_text(context / name, TEXT_LIMIT), build, self._reference_dockerfile(kind))

    def _reference_dockerfile(self, kind: str) -> str:
        name = f"Dockerfile.{kind}" if kind else "Dockerfile"
        return (_there(self._theirs.context) / name).read_text(encoding="utf-8")

    def _ignore(self) -> Finding:
        if self._from_image:
            return self._in_the_image(ignore.NAME, 123)
        if self._mine.context is None:
            return Finding(ignore.NAME, MISSING, 123, _("No build context was handed in."))
        reference = (_there(self._theirs.context) / ignore.NAME).read_text(encoding="utf-8")
        return ignore.compare(self._mine, reference, self._copied())

    def _copied(self) -> list[str]:
        """Return the paths of the context that the Dockerfile which counts takes; all, where it does not tell."""
        files = ignore.context_files(self._mine)
        context = _there(self._mine.context)
        kept = ignore.of_context(context)
        try:
            build = dockerfile.read(context, str(self._mine.dockerfile), files)
        except StudentFileError:
            return [path for path in files if not kept.ignores(path)]
        return list(build.last.files.values())

    def _keeper(self) -> Finding:
        reference = _there(self._theirs.keeper).read_text(encoding="utf-8")
        if self._mine.keeper:
            return keeper.compare(read_text(self._mine.keeper), reference)
        if self._mine.image and not (self._mine.image_fault or self._mine.image_trouble):
            text = self._look(self._mine.image).files.get("app.py", "")
            return keeper.compare(text, reference) if "mysql" in text else self._in_the_image("var_keeper", 135)
        return Finding(
            "var_keeper", MISSING, 135, _("There is no var_keeper: its app.py, or the image of it, is wanted.")
        )

    def _beside_the_keeper(self) -> Iterator[Finding]:
        """Yield what belongs to a var_keeper in a folder of its own: the lab has none, and makes it of a container."""
        app = self._mine.keeper
        if app is None or app.parent == self._mine.context or not self._mine.keeper_dockerfile:
            return
        theirs = _there(self._theirs.keeper).parent
        listed = app.parent / "requirements.txt"
        label = "var_keeper/requirements"
        if listed.is_file():
            yield self._guarded(
                label, 134, lambda: packages.compare(label, listed, theirs / "requirements.txt", keeper=True)
            )
        label = f"var_keeper/{self._mine.keeper_dockerfile}"
        yield self._guarded(label, dockerfile.KEEPER_STEP, lambda: self._keeper_dockerfile(label, app.parent, theirs))

    def _keeper_dockerfile(self, label: str, folder: Path, theirs: Path) -> Finding:
        name, step = str(self._mine.keeper_dockerfile), dockerfile.KEEPER_STEP
        files = [path.name for path in sorted(folder.iterdir()) if path.is_file()][: ignore.FILES_LIMIT]
        try:
            build = dockerfile.read(folder, name, files)
        except StudentFileError as error:
            return dockerfile.unreadable(label, error, step)
        reference = (theirs / "Dockerfile").read_text(encoding="utf-8")
        return dockerfile.compare(label, read_text(folder / name, TEXT_LIMIT), build, reference, step=step)

    def _image(self) -> Finding:
        if self._mine.image_trouble:
            raise LabcheckError(self._mine.image_trouble)
        if self._mine.image_fault:
            return finding("image", 148, [differs(148, self._mine.image_fault)])
        if not self._mine.image:
            raise LabcheckError(_("An archive of docker save is opened by make check alone, in the lab machine."))
        return image.compare(self._look(self._mine.image))

    def _in_the_image(self, artefact: str, step: int) -> Finding:
        return finding(artefact, step, [equivalent(step, _("An image was handed in: what is in it is told below."))])


def _there(path: Path | None) -> Path:
    """Return an artefact of the reference's, which has them all."""
    if path is None:
        raise LabcheckError(_("The reference is not whole: run this in its checkout."))
    return path
