"""A reader's desk: the checkout, a class of two beside it, and a shell in which lines of a README are typed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_SECONDS = 600
# of the make and the pytest that may have begun this: a README's reader has none of them
_NOT_A_READERS = ("LABCHECK_", "PYTEST_", "MAKE", "MFLAGS")


@dataclass(frozen=True)
class Desk:
    """A folder, and the environment of its shell."""

    folder: Path
    environment: dict[str, str]

    def type(self, line: str, *, code: int = 0) -> str:
        """Type a line as it stands in a README, see it end with that exit code, and return all that it printed."""
        ran = subprocess.run(  # noqa: S603 - lines of our READMEs
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert ran.returncode == code, f"{line}\n{ran.stdout}"
        assert "Traceback" not in ran.stdout
        return ran.stdout


def lay_out(folder: Path, environment: dict[str, str]) -> Desk:
    """Lay out an empty folder: all that the checkout has, as links, and `works`, which READMEs take for examples.

    `works/petrova` is right; the app of `works/ivanov` listens on 127.0.0.1 alone (step 108).
    """
    for entry in CHECKOUT.iterdir():
        (folder / entry.name).symlink_to(entry)
    for name in ("ivanov", "petrova"):
        flask = folder / "works" / name / "tutorial" / "flask"
        flask.mkdir(parents=True)
        mutants.student(flask)
        mutants.snippets(folder / "works" / name)
    mutants.step143(flask)
    app = folder / "works" / "ivanov" / "tutorial" / "flask" / "app.py"
    app.write_text(app.read_text(encoding="utf-8").replace("0.0.0.0", "127.0.0.1"), encoding="utf-8")  # noqa: S104 - Flask's
    own = {name: value for name, value in environment.items() if not name.startswith(_NOT_A_READERS)}
    return Desk(folder, {**own, "COLUMNS": "100"})


def shell(**more: str) -> dict[str, str]:
    """Return this process's environment with some settings, in English."""
    return {**os.environ, "LANGUAGE": "en", **more}
