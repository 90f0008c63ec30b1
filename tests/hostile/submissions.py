"""Submissions that attack the grader, its host, or the other students; each right but for its attack."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GB = 10**9
MANY = 100_000
FULL, NO_MARK = "full", "no mark"
CANARY = "{canary}"  # becomes a path on the host that only code running there could write
HOST = "{host}"  # becomes HOST:PORT of a server on the host, which is to hear of nobody
APP = """\
from flask import Flask
{before}
app = Flask(__name__)

@app.route("/")
def hello():
    {view}
    return "Hello, World!"

if __name__ == "__main__":
    app.run(host="0.0.0.0")
"""


@dataclass(frozen=True)
class Attack:
    """A submission: `write` puts it into an empty folder; `expected` is FULL, NO_MARK, or the first failing check."""

    write: Callable[[Path], None]
    expected: str
    slow: bool = True


def app(*, before: str = "", view: str = "pass") -> Callable[[Path], None]:
    """Return a writer of a right submission whose app does something else beside."""

    def write(folder: Path) -> None:
        mutants.student(folder)
        (folder / "app.py").write_text(APP.format(before=before, view=view), encoding="utf-8")

    return write


def dockerfile(instruction: str) -> Callable[[Path], None]:
    """Return a writer of a right submission with one more instruction in its Dockerfile."""

    def write(folder: Path) -> None:
        mutants.student(folder)
        file = folder / "Dockerfile"
        file.write_text(file.read_text().replace("ENTRYPOINT", f"{instruction}\nENTRYPOINT"), encoding="utf-8")

    return write


def program(name: str, script: str) -> Callable[[Path], None]:
    """Return a writer of a right submission in whose image a program is another one than it is called."""
    command = f"rm {name} && printf '#!/bin/sh\\n{script}\\n' > {name} && chmod +x {name}"
    return dockerfile(f"RUN {command}")


def files(**contents: str | bytes) -> Callable[[Path], None]:
    """Return a writer of a right submission with more files, by name; `__` stands for a slash."""

    def write(folder: Path) -> None:
        mutants.student(folder)
        for name, content in contents.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def zip_bomb(folder: Path) -> None:
    """A zip of 2 GB of zeros."""
    with (
        zipfile.ZipFile(folder / "lab.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("flask/Dockerfile", "w", force_zip64=True) as file,
    ):
        for _chunk in range(200):
            file.write(bytes(10**7))


def tar_that_leads_out(folder: Path) -> None:
    """A tar with names and links that lead out, and a right submission in it."""
    inner = folder.parent / f"{folder.name}-inner"
    inner.mkdir()
    mutants.student(inner)
    with tarfile.open(folder / "lab.tar.gz", "w:gz") as archive:
        archive.add(inner, "flask")
        for name in ("../../../../../../tmp/labcheck-escaped", "/tmp/labcheck-escaped"):  # noqa: S108 - where it aims
            entry = tarfile.TarInfo(name)
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("flask/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
        through = tarfile.TarInfo("flask/link/labcheck-escaped")
        through.size = 4
        archive.addfile(through, io.BytesIO(b"evil"))


def dockerfile_is_a_link(folder: Path) -> None:
    """The Dockerfile is the host's password file, by a link."""
    mutants.student(folder)
    (folder / "Dockerfile").unlink()
    (folder / "Dockerfile").symlink_to("/etc/passwd")


def links_in_circles(folder: Path) -> None:
    """Links that lead to each other and to the folder above."""
    mutants.student(folder)
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    (folder / "up").symlink_to("..")


def many_files(folder: Path) -> None:
    """More files than anybody's lab has."""
    mutants.student(folder)
    (folder / "many").mkdir()
    for number in range(MANY):
        (folder / "many" / str(number)).touch()


def many_folders(folder: Path) -> None:
    """As many folders, with nothing in them."""
    mutants.student(folder)
    for number in range(MANY):
        (folder / str(number)).mkdir()


def many_in_a_zip(folder: Path) -> None:
    """As many files in a zip."""
    with zipfile.ZipFile(folder / "lab.zip", "w") as archive:
        for number in range(MANY):
            archive.writestr(zipfile.ZipInfo(f"flask/many/{number}"), b"")


def long_names(folder: Path) -> None:
    """Names as long as file systems take them, in Cyrillic, and deep folders."""
    mutants.student(folder)
    (folder / ("ж" * 127)).write_text("x")
    deep = folder
    for _level in range(10):
        deep /= "глубже" * 6
        deep.mkdir()
    (deep / "дно").touch()


def sparse_film(folder: Path) -> None:
    """A file of 30 GB that takes no room on the disk, until somebody copies it."""
    mutants.student(folder)
    with (folder / "film.mkv").open("wb") as film:
        film.truncate(30 * GB)


def pipe(folder: Path) -> None:
    """A named pipe: who reads it waits for ever."""
    mutants.student(folder)
    os.mkfifo(folder / "report.txt")
    os.mkfifo(folder / "index.html")
