"""Find a student's artefacts in folders: by their content, under the file names that docker and pip know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from labcheck.encodings import marked
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")
DEPTH = 5  # levels of folders: a name, an archive's own folder, tutorial, flask, and one to spare
ENTRIES = 20_000  # files and folders that are looked at
TEXT_LIMIT = 1_000_000  # bytes of a file that are read to tell what it is
ENVIRONMENT_MARK = "pyvenv.cfg"  # a virtual environment has it at its top: https://docs.python.org/3/library/venv.html
_NOT_LOOKED_INTO = {".git", "__pycache__", "node_modules", "site-packages", "__MACOSX"}
_NO_DOCKERFILE = {".txt", ".md", ".bak", ".dockerignore"}
_ALIKE = re.compile(
    r"\.?docker[ _-]?(?:file|ignore)(?:\.(?:txt|md|docx?|rtf))?|requirements?(?:\.txt){0,2}|"
    r"docker[ _-]?file(?:[ _-]\w+|[ ._-]?(?:alpine|slim))",  # step 127, each base in a file of its own
    re.IGNORECASE,
)
_RIGHT = {"Dockerfile", ".dockerignore", "requirements.txt"}
_NETPLAN = re.compile(r"^\s*network\s*:", re.MULTILINE)
_NETPLAN_KEYS = ("nameserver", "ethernets", "wifis")


@dataclass(frozen=True)
class Listing:
    """The files of some folders, those of upper folders first, and the virtual environments, which are not entered."""

    files: tuple[Path, ...] = ()
    environments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """The artefacts; what is not there is None or empty. The names are those of `Submission`."""

    context: Path | None = None
    dockerfiles: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()
    requirements: Path | None = None
    app: Path | None = None
    keeper: Path | None = None
    keeper_dockerfile: str | None = None
    content: Path | None = None
    netplan: Path | None = None
    environments: tuple[str, ...] = field(default=())


def walk(roots: Sequence[Path]) -> Listing:
    """Return what is in folders. Links are not followed.

    Raises:
        LabcheckError: a folder cannot be read, or there is too much in it.
    """
    environments: list[str] = []
    files: list[Path] = []
    looked_at = 0
    try:
        for root in roots:
            for path in _walk(root, DEPTH, environments):
                looked_at += 1
                if looked_at > ENTRIES:
                    raise LabcheckError(
                        _("There are more than {limit} files in {folder}: hand in the folder of the lab alone.").format(
                            limit=ENTRIES, folder=root
                        )
                    )
                if path.is_file() and not path.is_symlink():
                    files.append(path)
    except OSError as error:
        raise LabcheckError(
            _("{path} cannot be read: {reason}").format(path=error.filename, reason=error.strerror)
        ) from error
    return Listing(tuple(files), tuple(environments))


def _walk(folder: Path, depth: int, environments: list[str]) -> Iterator[Path]:
    """Yield all that is in a folder, then what is in the folders there."""
    entries = sorted(islice(folder.iterdir(), ENTRIES + 1))
    yield from entries
    for entry in entries:
        if not entry.is_dir() or entry.is_symlink() or entry.name in _NOT_LOOKED_INTO:
            continue
        if any(inside.name == ENVIRONMENT_MARK for inside in entry.iterdir()):
            environments.append(entry.name)
        elif depth > 1:
            yield from _walk(entry, depth - 1, environments)


def find(listing: Listing) -> Found:
    """Return the artefacts among the files."""
    files = listing.files
    apps = [path for path in files if path.name == "app.py" and "flask" in text_of(path).lower()]
    keepers = [path for path in apps if "mysql" in text_of(path).lower()]
    keeper = _first(keepers)
    home_of_keeper = keeper.parent if keeper else None
    dockerfiles = [path for path in files if _is_dockerfile(path)]
    misnamed = [path for path in files if _ALIKE.fullmatch(path.name) and _is_misnamed(path)]
    contexts = [path.parent for path in dockerfiles if path.parent != home_of_keeper]
    contexts = _fullest_first(contexts or [path.parent for path in dockerfiles])
    contexts += [path.parent for path in misnamed if "ignore" not in path.name.lower()]
    context = _first(contexts)
    lists = [path for path in files if path.name == "requirements.txt"]
    pages = [path.parent for path in files if path.name.lower() == "index.html" and path.parent.name != "templates"]
    return Found(
        context=context,
        dockerfiles=tuple(sorted((p.name for p in dockerfiles if p.parent == context), key=_alpine_first)),
        misnamed=(*(path.name for path in misnamed), *_ignore_files_elsewhere(files, context)),
        requirements=_first(
            [path for path in lists if path.parent == context],
            [path for path in lists if path.parent != home_of_keeper],
            lists if context is None else [],  # the lab has one folder for both (step 135)
        ),
        app=_first([path for path in apps if path not in keepers]),
        keeper=keeper,
        keeper_dockerfile=_first([p.name for p in dockerfiles if p.parent == home_of_keeper != context]),
        content=_first([folder for folder in pages if folder.name == "content"], pages),
        netplan=_first([path.parent for path in files if _is_netplan(path)]),
        environments=listing.environments,
    )


def text_of(path: Path) -> str:
    """Return what a file says, in whatever encoding it was saved: for a look at it, not for work with it."""
    with path.open("rb") as file:
        return decoded(file.read(TEXT_LIMIT))


def decoded(raw: bytes) -> str:
    """Return the text of bytes in UTF-8 or in what their mark says."""
    encoding, text = marked(raw)
    return text.decode(encoding or "utf-8", errors="replace")


def _is_dockerfile(path: Path) -> bool:
    """Tell what docker takes for one; it falls back to `dockerfile`: https://docs.docker.com/build/concepts/dockerfile/."""
    if path.name == "dockerfile":
        return not (path.parent / "Dockerfile").exists()
    return path.name == "Dockerfile" or (path.name.startswith("Dockerfile.") and path.suffix not in _NO_DOCKERFILE)


def _is_misnamed(path: Path) -> bool:
    """Tell whether it is looked for under another name, and there is nothing of that name beside it."""
    if path.name in _RIGHT or _is_dockerfile(path):
        return False
    lower = path.name.lower()
    meant = ".dockerignore" if "ignore" in lower else "requirements.txt" if "requirement" in lower else "Dockerfile"
    base = re.search("alpine|slim", lower)
    return not (path.parent / (f"Dockerfile.{base[0]}" if base else meant)).exists()


def _ignore_files_elsewhere(files: Iterable[Path], context: Path | None) -> list[str]:
    """Return the ignore files that docker does not read, where the build context has none."""
    if context is None or (context / ".dockerignore").exists():
        return []
    return [f"{path.parent.name}/{path.name}" for path in files if path.name == ".dockerignore"]


def _fullest_first(folders: list[Path]) -> list[Path]:
    """Put the folders first that have more of what belongs beside a Dockerfile."""
    beside = ("requirements.txt", "app.py", ".dockerignore")
    return sorted(folders, key=lambda folder: -sum((folder / name).is_file() for name in beside))


def _alpine_first(name: str) -> tuple[bool, str]:
    return ("alpine" not in name, name)


def _is_netplan(path: Path) -> bool:
    """Tell a netplan file by its content: a wrong ending is the student's mistake, and is to be seen."""
    if path.suffix.lower() not in {".yaml", ".yml", ".txt", ""} or _is_dockerfile(path):
        return False
    text = text_of(path)
    return bool(_NETPLAN.search(text)) and any(key in text for key in _NETPLAN_KEYS)


def _first(*choices: Iterable[T]) -> T | None:
    return next((item for items in choices for item in items), None)
