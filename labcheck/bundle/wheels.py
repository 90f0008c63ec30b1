"""The wheels of a bundle: those that .venv is made of, and those that builds in the room ask for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck import interrupt
from labcheck.engine import ownership
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import build, bundled
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

RECIPE = Path(__file__).parent / "index"
LACKING = "LACKING "  # what the recipe prints before a requirement that no wheel is had for
_OF_IMAGES = ("requirements.txt", "var_keeper/requirements.txt")
_CONNECTOR = "mysql-connector-python\n"  # step 134 types it without a version
_SECONDS = 1800
_LIST_SECONDS = 60


def of_venv(folder: Path, say: Callable[[str], None]) -> None:
    """Write the wheels of what requirements-dev.txt lists, for every release of this Python, into a folder.

    Raises:
        LabcheckError: pip does not get them.
    """
    # of releases the first: what asks for a later one the room's may be too old for
    python = "{}.{}.0".format(*sys.version_info)
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--dest", str(folder)]
    command += ["--only-binary=:all:", f"--python-version={python}", "--requirement", "requirements-dev.txt"]
    process = subprocess.Popen(  # noqa: S603 - pip, with fixed words
        command,
        cwd=images.CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = ""
    with process, interrupt.ending_with(process.terminate):
        for line in process.stdout or ():
            last = line.strip() or last
            say(last)
    if process.returncode:
        raise LabcheckError(
            _("pip does not get the wheels for .venv: {reason}. Check the network and pip's index.").format(reason=last)
        )


def make_index(record: Record, source: Source, tag: str, more: Iterable[str], say: Callable[[str], None]) -> list[str]:
    """Build the index's image, and return the requirements of `more` that no wheel is had for.

    Raises:
        LabcheckError: the wheels of the lab's own requirements are not to be had.
    """
    lacking: set[str] = set()

    def read(line: str) -> None:
        if line.startswith(LACKING):
            lacking.add(line.removeprefix(LACKING))
        say(line)

    with tempfile.TemporaryDirectory(prefix="labcheck-") as folder:
        context = Path(folder) / "index"
        shutil.copytree(RECIPE, context)
        wanted = context / "requirements"
        wanted.mkdir()
        for number, name in enumerate(_OF_IMAGES):
            shutil.copyfile(images.CHECKOUT / name, wanted / f"{number}.txt")
        (wanted / "connector.txt").write_text(_CONNECTOR, encoding="utf-8")
        (wanted / "more.txt").write_text("".join(f"{line}\n" for line in more), encoding="utf-8")
        text = build.with_bases(build.read(context / "Dockerfile"), source.reference)
        labels = {
            bundled.LABEL: bundled.IMAGE,
            bundled.KIND_LABEL: source.kind if source.kind == "standin" else "mirror",
        }
        build.build(record, context, text, tags=[tag], labels=labels, say=read)
    return sorted(lacking)


def names(record: Record, tag: str) -> list[str]:
    """Return the file names of the wheels in an index's image."""
    container = record.engine.containers.create(tag, ["ls", "/wheels"], labels=ownership.run_labels())
    try:
        container.start()
        container.wait(timeout=_LIST_SECONDS)
        return container.logs(stdout=True, stderr=False).decode().split()
    finally:
        container.remove(force=True, v=True)
