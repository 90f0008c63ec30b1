"""A reader's desk: the checkout, a class of two beside it, and a shell in which lines of a README are typed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, replace
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

    def type(self, line: str, *, code: int | None = 0) -> str:
        """Type a line as it stands in a README, see it end with that exit code, and return all that it printed.

        With None as the code the caller looks for itself how it ended: `make` says so in its last line.
        """
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
        assert code in {None, ran.returncode}, f"{line} ended with {ran.returncode}\n{ran.stdout}"
        assert "Traceback" not in ran.stdout
        return ran.stdout


def at_checkout(environment: dict[str, str]) -> Desk:
    """Return the checkout itself as a desk: for what builds or mounts its files, and needs no students' work."""
    own = {name: value for name, value in environment.items() if not name.startswith(_NOT_A_READERS)}
    return Desk(CHECKOUT, {**own, "COLUMNS": "100"})


def lay_out(folder: Path, environment: dict[str, str]) -> Desk:
    """Lay out an empty folder: a checkout, all of it links to this one, and beside it `works`, the READMEs' example.

    `works/petrova` is right; the app of `works/ivanov` listens on 127.0.0.1 alone (step 108).
    """
    checkout, works = folder / "checkout", folder / "works"
    checkout.mkdir()
    for entry in CHECKOUT.iterdir():
        (checkout / entry.name).symlink_to(entry)
    for name in ("ivanov", "petrova"):
        (works / name / "tutorial" / "flask").mkdir(parents=True)
        mutants.student(works / name / "tutorial" / "flask")
        mutants.snippets(works / name)
    mutants.step143(works / "petrova" / "tutorial" / "flask")
    app = works / "ivanov" / "tutorial" / "flask" / "app.py"
    app.write_text(app.read_text(encoding="utf-8").replace("0.0.0.0", "127.0.0.1"), encoding="utf-8")  # noqa: S104 - Flask's
    return replace(at_checkout(environment), folder=checkout)


def shell(**more: str) -> dict[str, str]:
    """Return this process's environment with some settings, in English."""
    return {**os.environ, "LANGUAGE": "en", **more}
