"""What was handed in: a student's artefacts, found by their content in a folder, or an image, or both.

The lab's own layout has one folder with Dockerfile, app.py and requirements.txt (steps 102-143), the page in `content`
(80) and the DNS snippet (2) beside it; this repository has each under a name of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

DEPTH = 3  # levels of folders that are looked into
TEXT_LIMIT = 1_000_000  # bytes of a file that are read to tell what it is
ENVIRONMENT_MARK = "pyvenv.cfg"  # a virtual environment has it at its top: https://docs.python.org/3/library/venv.html
_NOT_LOOKED_INTO = {".git", "__pycache__", "node_modules", "site-packages"}


@dataclass(frozen=True)
class Submission:
    """A student's artefacts, or the reference's; what was not handed in is None or empty.

    `context` is the folder that `docker build` is given, `dockerfiles` the names of those in it, the one that counts
    first; `misnamed` are files that docker does not find because of their name.
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
    content: Path | None = None
    netplan: Path | None = None
    environments: tuple[str, ...] = field(default=())

    @property
    def dockerfile(self) -> str | None:
        """The Dockerfile that counts: the alpine one where there are several (step 127 comes last)."""
        return self.dockerfiles[0] if self.dockerfiles else None

    @property
    def app_is_keeper(self) -> bool:
        """Whether the app in the build context is var_keeper already, as step 135 leaves it."""
        return self.app is None and self.keeper is not None and self.keeper.parent == self.context

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
            "keeper": self.keeper is not None or self.image is not None,
        }
        return [area for area, there in handed_in.items() if not there]


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


def read(path: Path | None, image: str | None = None) -> Submission:
    """Return what a folder holds and the image that came with it.

    Raises:
        LabcheckError: there is no such folder, or nothing of the lab's is in it.
    """
    if path is None:
        if not image:
            raise LabcheckError(_("Nothing was handed in: name a folder or an image."))
        return Submission(name=image, image=image)
    if not path.is_dir():
        raise LabcheckError(_("{path} is not a folder.").format(path=path))
    found = _Finder(path)
    submission = Submission(
        name=path.resolve().name,
        context=found.context,
        dockerfiles=found.dockerfiles,
        misnamed=found.misnamed,
        requirements=found.requirements,
        app=found.hello,
        keeper=found.keeper,
        keeper_dockerfile=found.keeper_dockerfile,
        image=image,
        content=found.content,
        netplan=found.netplan,
        environments=found.environments,
    )
    if len(submission.missing) == len(Submission("").missing):
        raise LabcheckError(
            _("Nothing of the lab is in {path}: no Dockerfile, no app.py, no index.html, no netplan file.").format(
                path=path
            )
        )
    return submission


class _Finder:
    """Looks through a folder once."""

    def __init__(self, root: Path) -> None:
        self.environments: tuple[str, ...] = ()
        files = list(self._walk(root, DEPTH))
        apps = [path for path in files if path.name == "app.py" and "flask" in _text(path).lower()]
        keepers = [path for path in apps if "mysql" in _text(path).lower()]
        self.hello = next((path for path in apps if path not in keepers), None)
        self.keeper = next(iter(keepers), None)
        named = [path for path in files if path.name == "Dockerfile" or path.name.startswith("Dockerfile.")]
        dockerfiles = [path for path in named if path.suffix not in {".txt", ".md", ".bak"}]
        looks = {"dockerfile", "dockerfile.txt", "dockerfile.md"}
        misnamed = [path for path in files if path.name.lower() in looks and path not in dockerfiles]
        self.misnamed = tuple(path.name for path in misnamed)
        folder_of_the_keeper = self.keeper.parent if self.keeper else None
        contexts = [path.parent for path in dockerfiles if path.parent != folder_of_the_keeper] or [
            path.parent for path in dockerfiles
        ]
        self.context = next(iter([*contexts, *(path.parent for path in misnamed)]), None)
        mine = [path.name for path in dockerfiles if path.parent == self.context]
        self.dockerfiles = tuple(sorted(mine, key=lambda name: ("alpine" not in name, name)))
        own = [p.name for p in dockerfiles if p.parent == folder_of_the_keeper != self.context]
        self.keeper_dockerfile = next(iter(own), None)
        texts = [path for path in files if path.name == "requirements.txt"]
        beside = [path for path in texts if path.parent == self.context]
        self.requirements = next(iter([*beside, *(p for p in texts if p.parent != folder_of_the_keeper)]), None)
        pages = [path.parent for path in files if path.name.lower() == "index.html" and path.parent.name != "templates"]
        named_content = [folder for folder in pages if folder.name == "content"]
        self.content = next(iter([*named_content, *pages]), None)
        snippets = [path.parent for path in files if _is_netplan(path)]
        self.netplan = next(iter(snippets), None)

    def _walk(self, folder: Path, depth: int) -> list[Path]:
        """Return the files of a folder, those of upper folders first; virtual environments are noted, not entered."""
        entries = sorted(folder.iterdir())
        files = [entry for entry in entries if entry.is_file() and not entry.is_symlink()]
        for entry in entries:
            if not entry.is_dir() or entry.is_symlink() or entry.name in _NOT_LOOKED_INTO:
                continue
            if (entry / ENVIRONMENT_MARK).is_file():
                self.environments += (entry.name,)
            elif depth > 1:
                files += self._walk(entry, depth - 1)
        return files


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(TEXT_LIMIT).decode("utf-8", errors="replace")


def _is_netplan(path: Path) -> bool:
    """Tell a netplan file by its content: a wrong ending is the student's mistake, and is to be seen."""
    looks = path.suffix.lower() in {".yaml", ".yml", ".txt", ""} and path.name != "Dockerfile"
    return looks and "network" in _text(path) and ("nameserver" in _text(path) or "ethernets" in _text(path))
