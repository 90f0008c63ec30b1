"""Make a mutant, run the rubric on it, and tell which checks failed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks.rubric import load_toml
from labcheck.checks.verdicts import FAILED
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet


DIRECTORY = Path(__file__).parent
DIAGNOSES = DIRECTORY / "diagnoses.toml"
STUDENT_KEEPER = DIRECTORY / "student_keeper" / "app.py"
LIMIT_SECONDS = 600
HELLO_AREAS = ("requirements", "build", "run", "size", "dockerignore")
ARTEFACTS = (
    *("Dockerfile", "Dockerfile.slim", "Dockerfile.alpine", ".dockerignore", "requirements.txt"),
    *("flask_app", "var_keeper", "content", "netplan"),
)


@dataclass(frozen=True)
class Mutant:
    """A mutant as its file describes it."""

    path: Path
    base: str
    edits: list[dict[str, Any]]
    kills: frozenset[str]
    image: str | None
    beyond: bool
    slow: bool
    outside: str | None  # what is not checked in a room without a network, as the marker has it

    @property
    def areas(self) -> list[str]:
        """The areas of the rubric that read a file which was changed: the others cannot come out differently."""
        areas: set[str] = set()
        for edit in self.edits:
            folder = edit["file"].partition("/")[0]
            if folder in {"netplan", "content"}:
                areas.add(folder)
            elif folder == "keeper":
                areas.add("keeper")
            elif folder == "var_keeper":
                areas |= {"keeper"} if edit["file"].endswith("app.py") else {"keeper", "requirements", "build"}
            else:
                areas |= {*HELLO_AREAS, *(["keeper"] if self.base == "step143" else [])}
        return sorted(areas or {"keeper"})


def load(kind: str) -> list[Mutant]:
    """Return the mutants of a folder, `wrong` or `right`."""
    return [_read(path) for path in sorted((DIRECTORY / kind).glob("*.toml"))]


def parameters(kind: str) -> list[ParameterSet]:
    """Return the same as parameters of a test."""
    return [pytest.param(m, id=m.path.stem, marks=_marks(m)) for m in load(kind)]


def _marks(mutant: Mutant) -> list[pytest.MarkDecorator]:
    return [
        *([pytest.mark.slow] if mutant.slow else []),
        *([pytest.mark.outside(mutant.outside)] if mutant.outside else []),
    ]


def _read(path: Path) -> Mutant:
    data = load_toml(path)
    return Mutant(
        path,
        data["base"],
        data.get("edit", []),
        frozenset(data.get("kills", [])),
        data.get("image"),
        data.get("beyond", False),
        data.get("slow", False) or data.get("beyond", False) or data["base"] == "reference",
        data.get("outside"),
    )


def reference(target: Path) -> None:
    """The reference as it is, every check."""
    for name in ARTEFACTS:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, target / name)
        else:
            shutil.copyfile(CHECKOUT / name, target / name)


def student(target: Path) -> None:
    """A student's folder at step 132: the reference laid out as the lab has it, everything copied as in step 113."""
    for name in (".dockerignore", "requirements.txt"):
        shutil.copyfile(CHECKOUT / name, target / name)
    shutil.copyfile(CHECKOUT / "flask_app" / "app.py", target / "app.py")
    dockerfile = (CHECKOUT / "Dockerfile.alpine").read_text()
    (target / "Dockerfile").write_text(dockerfile.replace("COPY flask_app/ /app/", "COPY / /app"))


def step143(target: Path) -> None:
    """The same folder at step 143: app.py is var_keeper, requirements.txt still lists Flask alone."""
    student(target)
    shutil.copyfile(STUDENT_KEEPER, target / "app.py")


def keeper(target: Path) -> None:
    """A student's var_keeper in a folder of its own, with a Dockerfile."""
    (target / "keeper").mkdir()
    for name in ("Dockerfile", "requirements.txt"):
        text = (CHECKOUT / "var_keeper" / name).read_text()
        (target / "keeper" / name).write_text(text.replace(" page.html", ""))  # the page is the reference's alone
    shutil.copyfile(STUDENT_KEEPER, target / "keeper" / "app.py")


def snippets(target: Path) -> None:
    """The page and the DNS snippet alone."""
    for name in ("content", "netplan"):
        shutil.copytree(CHECKOUT / name, target / name)


BASES: dict[str, Callable[[Path], None]] = {
    "reference": reference,
    "student": student,
    "step143": step143,
    "keeper": keeper,
    "image": keeper,
    "snippets": snippets,
}


def make(mutant: Mutant, target: Path) -> None:
    """Write the mutant's files into the empty folder `target`."""
    BASES[mutant.base](target)
    for edit in mutant.edits:
        path = target / edit["file"]
        if edit.get("delete"):
            path.unlink()
        elif "rename" in edit:
            path.rename(path.parent / edit["rename"])
        else:
            _write(path, edit)


def _write(path: Path, edit: dict[str, Any]) -> None:
    source = DIRECTORY / edit["copy"] if "copy" in edit else path
    text = edit["text"] if "text" in edit else source.read_text(encoding="utf-8")
    if "old" in edit:
        assert edit["old"] in text, f"{path.name} has no longer: {edit['old']}"
        text = text.replace(edit["old"], edit["new"])
    text += edit.get("append", "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.replace("\n", edit.get("newline", "\n")).encode(edit.get("encoding", "utf-8")))


def diagnosis(mutant: Mutant, language: str) -> str:
    """Return words that the hint of one of the failed checks is to have, empty where nobody asks for any."""
    return str(load_toml(DIAGNOSES).get(mutant.path.stem, {}).get(language, ""))


def hints(graded: dict[str, Any]) -> str:
    """Return the hints of the checks that failed, a line each."""
    return "\n".join(check["hint"] for check in graded["checks"] if check["verdict"] == FAILED)


def environment(hub: str, language: str = "en") -> dict[str, str]:
    """Return the environment of a run of the rubric that is one of its own, not a part of this one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LABCHECK_", "PYTEST_"))}
    return {**own, "HUB": hub, "LANGUAGE": language}


def grade(results: Path, *options: str, hub: str, language: str = "en") -> dict[str, Any]:
    """Run the rubric with the options in a process of its own, as a run of its own, and return its results."""
    command = [sys.executable, "-m", "pytest", "tests/rubric", "-n0", "-q"]
    run = subprocess.run(  # noqa: S603 - a command of ours
        [*command, f"--results={results}", *options],
        cwd=CHECKOUT,
        env=environment(hub, language),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert run.returncode in {0, 1}, run.stdout
    assert results.exists(), run.stdout
    graded: dict[str, Any] = json.loads(results.read_text())
    graded["output"] = run.stdout
    return graded


def verdicts(graded: dict[str, Any], verdict: str) -> set[str]:
    """Return the ids of the checks with that verdict."""
    return {check["id"] for check in graded["checks"] if check["verdict"] == verdict}
