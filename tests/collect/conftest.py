"""A student's machine for `collect.sh`: a container without network, once dash and GNU tools, once busybox alone."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import inside, put_files
from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker.models.containers import Container

    from tests.conftest import Start

SCRIPT = CHECKOUT / "collect.sh"
HOME = "/home/Мария И"
FLASK = f"{HOME}/tutorial/flask"
NAME = "docker-lab-student"
ARCHIVE = f"{HOME}/{NAME}.tar.gz"
RUSSIAN = {"LANGUAGE": "ru"}
SHELLS = [
    pytest.param("python:3.10.6", id="dash"),  # Debian's and Ubuntu's /bin/sh
    pytest.param("python:3.10.6-alpine", id="ash", marks=pytest.mark.slow),  # busybox's
]
ASKED = "/tmp/asked"  # noqa: S108 - in the container
IMAGE = b"what docker save prints"
# stands for the engine's client: a line for each way it was called; a test puts its own answer before the right ones
DOCKER = f"""#!/bin/sh
echo "$*" >> {ASKED}
#answer
case "$*" in
  *--format*Repository*) printf '%s\\n' flask:latest other/var_keeper:latest var_keeper:latest ;;
  'image ls') echo 'REPOSITORY TAG'; echo 'var_keeper latest' ;;
  history*) echo 'CREATED BY' ;;
  save*) printf '{IMAGE.decode()}' ;;
  version*) echo 'docker 29, engine 29' ;;
  *) exit 64 ;;
esac
"""


@dataclass(frozen=True)
class Said:
    """How the script ended, and all that it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Machine:
    """A container that stands for a student's virtual machine."""

    container: Container

    def put(self, files: dict[str, bytes], *, mode: int = 0o644, owner: str = "student") -> None:
        """Write files, by absolute path; folders come into being."""
        put_files(self.container, "/", {path.lstrip("/"): content for path, content in files.items()}, mode=mode)
        self.sh(f"chown {owner} " + " ".join(f"'{path}'" for path in files))

    def docker(self, answer: str = "") -> None:
        """Put a `docker` on PATH that answers as if all were well, but for `answer`, lines of shell."""
        self.put({"/usr/local/bin/docker": DOCKER.replace("#answer", answer).encode()}, mode=0o755)
        self.put({ASKED: b""}, mode=0o666)

    def sh(self, script: str) -> str:
        """Run a line of shell as root and return what it printed; it has to succeed."""
        code, output = inside(self.container, "sh", "-c", script)
        assert code == 0, output
        return output

    def collect(self, *options: str, cwd: str = HOME, user: str = "student", **environment: str) -> Said:
        """Type `sh collect.sh` with options."""
        environment = {"HOME": HOME, **environment}
        code, output = inside(
            self.container, "sh", "/collect.sh", *options, user=user, workdir=cwd, environment=environment
        )
        return Said(code, output)

    def archive(self, path: str = ARCHIVE) -> dict[str, bytes]:
        """Return what is in an archive: its files by path."""
        chunks, _about = self.container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as outer:
            packed = outer.extractfile(outer.getmembers()[0])
            assert packed
            return unpack(packed.read())

    def written(self) -> set[str]:
        """Return the paths of all that was changed in the container since its image."""
        return {str(change["Path"]) for change in self.container.diff() or []}


def unpack(archive: bytes) -> dict[str, bytes]:
    """Return the files of a tar archive by path; nothing in it is anything else than a file or a folder."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        entries = opened.getmembers()
        assert all(entry.isfile() or entry.isdir() for entry in entries)
        files = {entry.name: opened.extractfile(entry) for entry in entries if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file}


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, base: Callable[[str], str], start: Start) -> Machine:
    """A machine with a student on it, nothing of the lab, no Docker; 300 kB of disk in /small."""
    made = Machine(
        start(base(request.param), ["sleep", "600"], network_mode="none", tmpfs={"/small": "size=300k,mode=1777"})
    )
    made.put({"/collect.sh": SCRIPT.read_bytes()}, owner="root")
    made.sh(f"mkdir -p '{HOME}' && echo 'student:x:1000:1000::{HOME}:/bin/sh' >> /etc/passwd && chown 1000 '{HOME}'")
    return made


@pytest.fixture
def lab(tmp_path: Path) -> dict[str, bytes]:
    """What the lab's letter leaves on a machine: file by path; an environment, git's and Python's leavings among it."""
    flask = tmp_path / "home" / "tutorial" / "flask"
    flask.mkdir(parents=True)
    mutants.step143(flask)
    mutants.snippets(tmp_path / "home")
    junk = ("venv/pyvenv.cfg", "venv/bin/python", "venv/app.py", ".git/config", "__pycache__/app.pyc", "notes.txt")
    for name in junk:
        (flask / name).parent.mkdir(exist_ok=True, parents=True)
        (flask / name).write_text(f"{name}\n")
    files = {path.relative_to(tmp_path / "home"): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    return {
        str("/etc" / path if path.parts[0] == "netplan" else HOME / path): content for path, content in files.items()
    }
