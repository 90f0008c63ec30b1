"""What was handed in: a student's artefacts in folders, an image, or both. `intake.py` takes it in, in whatever shape.

The lab's own layout has one folder with Dockerfile, app.py and requirements.txt (steps 102-143), the page in `content`
(80) and the DNS snippet (2) beside it; this repository has each under a name of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.submission import finder

_PATHS = ("context", "requirements", "app", "keeper", "image_archive", "content", "netplan")


@dataclass(frozen=True)
class Submission:
    """A student's artefacts, or the reference's; what was not handed in is None or empty.

    `context` is the folder that `docker build` is given, `dockerfiles` the names of those in it, the one that counts
    first; `misnamed` are files that docker and pip do not find because of their name. `image` is the name of the image
    that was handed in, `image_archive` the file of `docker save` that it is in; `image_fault` says why the student's
    image is not to be had, `image_trouble` why we cannot get at it. `lent` are files that the image gave to the build
    context, which lacked them. `notes` are sentences about what was found.
    """

    name: str
    is_reference: bool = False
    context: Path | None = None
    dockerfiles: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()
    requirements: Path | None = None
    app: Path | None = None
    keeper: Path | None = None
    keeper_dockerfile: str | None = None
    image: str | None = None
    image_archive: Path | None = None
    image_fault: str = ""
    image_trouble: str = ""
    content: Path | None = None
    netplan: Path | None = None
    environments: tuple[str, ...] = field(default=())
    lent: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def dockerfile(self) -> str | None:
        """The Dockerfile that counts: the alpine one where there are several (step 127 comes last)."""
        return self.dockerfiles[0] if self.dockerfiles else None

    @property
    def app_is_keeper(self) -> bool:
        """Whether the app in the build context is var_keeper already, as step 135 leaves it."""
        if self.app is not None or self.keeper is None:
            return False
        return self.keeper.parent == self.context or self.keeper in self.lent

    @property
    def missing(self) -> list[str]:
        """The areas of the rubric of which nothing was handed in."""
        hello = self.context is not None
        handed_in = {
            "netplan": self.netplan is not None,
            "content": self.content is not None,
            "requirements": self.requirements is not None,
            "build": hello,
            "run": hello,
            "size": hello,
            "dockerignore": hello,
            "keeper": self.keeper is not None or self.has_image,
        }
        return [area for area, there in handed_in.items() if not there]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the lab was handed in."""
        return len(self.missing) == len(Submission("").missing)

    @property
    def has_image(self) -> bool:
        """Whether an image was handed in, by name or as an archive."""
        return self.image is not None or self.image_archive is not None

    def completed_by(self, image: Submission, notes: tuple[str, ...]) -> Submission:
        """Return this submission with what it lacks taken from `image`, which is what was read from its image."""
        folder = self if self.context else image
        apps = self if self.app or self.keeper else image
        taken = [self.requirements or image.requirements, apps.app, apps.keeper]
        own = {self.requirements, self.app, self.keeper}
        return replace(
            self,
            context=folder.context,
            dockerfiles=folder.dockerfiles,
            environments=folder.environments,
            requirements=taken[0],
            app=apps.app,
            keeper=apps.keeper,
            lent=tuple(path for path in taken if path and path not in own) if self.context else (),
            notes=(*self.notes, *notes),
        )

    def write(self, path: Path) -> None:
        """Write it to a JSON file, for the process that checks it."""
        path.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")


def load(path: Path) -> Submission:
    """Return the submission that `write` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    for name in _PATHS:
        data[name] = Path(data[name]) if data[name] else None
    data["lent"] = [Path(name) for name in data["lent"]]
    for one in fields(Submission):
        if isinstance(data[one.name], list):
            data[one.name] = tuple(data[one.name])
    return Submission(**data)


def reference(root: Path) -> Submission:
    """Return the reference's artefacts, which lie under `root` as in this repository."""
    return Submission(
        name="reference",
        is_reference=True,
        context=root,
        dockerfiles=("Dockerfile.alpine", "Dockerfile", "Dockerfile.slim"),
        requirements=root / "requirements.txt",
        app=root / "flask_app" / "app.py",
        keeper=root / "var_keeper" / "app.py",
        keeper_dockerfile="Dockerfile",
        content=root / "content",
        netplan=root / "netplan",
    )


def in_folders(name: str, *roots: Path) -> Submission:
    """Return what the folders of a student hold.

    Raises:
        LabcheckError: one of them cannot be read.
    """
    found = finder.find(finder.walk(roots))
    return Submission(name=name, **vars(found))


def read(folder: Path | None, image: str | None = None) -> Submission:
    """Return what a folder holds and the image that came with it.

    Raises:
        LabcheckError: there is no such folder, or nothing of the lab's is in it.
    """
    if folder is None:
        if not image:
            raise LabcheckError(_("Nothing was handed in: name a folder or an image."))
        return Submission(name=image, image=image)
    if not folder.is_dir():
        raise LabcheckError(_("{path} is not a folder.").format(path=folder))
    return or_nothing(replace(in_folders(folder.resolve().name, folder), image=image), folder)


def or_nothing(submission: Submission, path: Path) -> Submission:
    """Return the submission if there is anything in it.

    Raises:
        LabcheckError: nothing of the lab's is there.
    """
    if submission.is_empty:
        raise LabcheckError(
            _("Nothing of the lab is in {path}: no Dockerfile, no app.py, no index.html, no netplan file.").format(
                path=path.name or path  # students read it
            )
        )
    return submission
