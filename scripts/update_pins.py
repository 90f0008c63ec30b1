"""Sets every pin to the newest version that fits: `make update`, or `make update DRY=1`, which only shows.

pip resolves, for the oldest Python that pyproject.toml allows and for the images' Python, whichever runs this. What the
images install is resolved anew from what the apps import (the lab's `pip freeze`, step 111); requirements-dev.txt
then has to go together with it. Pins that other files quote follow. All files are written at the end, or none.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
# what the apps import; what it needs in turn is listed with it, as pip freeze does
IMAGES = {
    "requirements.txt": ["Flask"],
    "var_keeper/requirements.txt": ["Flask", "mysql-connector-python", "pyuwsgi"],
}
TOOLS = "requirements-dev.txt"
QUOTING = ("pyproject.toml", "tests/mutants/*/*.toml")
PIN = re.compile(r"(?P<name>[\w.-]+)(?P<extras>\[[^]]*\])?==(?P<version>[^\s;#]+)")
# Alpine is the base with the fewest wheels: what it has, the others have; 1.1 is what older wheels say
ALPINE = [f"--platform=musllinux_1_{minor}_{platform.machine()}" for minor in (2, 1)]
LIMIT = 600  # seconds for one question to pip

Pins = dict[str, tuple[str, str]]  # by canonical name: the name as its author writes it, and the version


class UpdateError(Exception):
    """Why nothing was changed, and what to do."""


def main() -> int:
    """Resolve, show, and write; return the exit code: 2 where nothing could be found out or written."""
    try:
        before = {name: read(name) for name in (*IMAGES, TOOLS)}
        after = newest(before)
        if before == after:
            print(f"All {len(set().union(*before.values()))} pins are the newest that fit.")  # noqa: T201 - a command
            return 0
        print(table(before, after))  # noqa: T201 - a command
        if os.environ.get("DRY"):
            print("Nothing was changed: DRY is set.")  # noqa: T201 - a command
            return 0
        write(contents(before, after))
    except UpdateError as error:
        print(f"Error: {error} Nothing was changed.", file=sys.stderr)  # noqa: T201 - a command
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. Nothing was changed.", file=sys.stderr)  # noqa: T201 - a command
        return 130
    print(f"Now: {' && '.join(proofs(before, after))}")  # noqa: T201 - a command
    return 0


def read(file: str) -> Pins:
    """Return the pins of a requirements file.

    Raises:
        UpdateError: a line pins nothing, or the file cannot be read.
    """
    pins: Pins = {}
    for line in text_of(file).splitlines():
        if not line or line.startswith(("#", "-r ")):
            continue
        if not (pin := PIN.match(line)):
            message = f"{file} has a line that is no pin: {line!r}. Write NAME==VERSION."
            raise UpdateError(message)
        pins[canonicalize_name(pin["name"])] = (pin["name"] + (pin["extras"] or ""), pin["version"])
    return pins


def newest(before: dict[str, Pins]) -> dict[str, Pins]:
    """Return the pins of each file as they should be."""
    image, oldest = (
        first("Dockerfile", r"^FROM python:(3\.\d+)"),
        first("pyproject.toml", r'^requires-python = ">=(.+)"'),
    )
    after: dict[str, Pins] = {}
    together: Pins = {}
    for file in sorted(IMAGES, key=lambda file: -len(IMAGES[file])):  # the others are parts of the largest
        after[file] = resolve(IMAGES[file], image, together, *ALPINE)
        together |= after[file]
    names = [name for name, _version in before[TOOLS].values()]
    found = resolve([*names, *IMAGES["requirements.txt"]], oldest, together)
    after[TOOLS] = {key: (name, found[key][1]) for key, (name, _version) in before[TOOLS].items()}
    return after


def resolve(wanted: list[str], python: str, together: Pins, *options: str) -> Pins:
    """Return what pip would install for the wanted, with all that it needs; versions in `together` are settled.

    pip asks the markers of needs about the Python that runs it (https://github.com/pypa/pip/issues/11664): what
    another Python needs on top is added here until nothing is missing.

    Raises:
        UpdateError: no index answers, or no versions go together.
    """
    there = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    environment: dict[str, str] = {**default_environment(), **there}  # type: ignore[dict-item] # a TypedDict of str
    wanted = list(wanted)
    while True:
        packages = [package["metadata"] for package in report(wanted, python, together, *options)]
        found: Pins = {
            canonicalize_name(package["name"]): (package["name"], package["version"]) for package in packages
        }
        needs = [Requirement(need) for package in packages for need in package.get("requires_dist", [])]
        missing = {
            f"{need.name}{need.specifier}"
            for need in needs
            if need.marker and need.marker.evaluate(environment) and canonicalize_name(need.name) not in found
        }
        if not missing:
            return found
        wanted += sorted(missing)


def report(wanted: list[str], python: str, together: Pins, *options: str) -> list[dict[str, Any]]:
    """Return what pip says that it would install, without installing it (pip 22.2 and newer)."""
    with tempfile.TemporaryDirectory() as folder:
        constraints, answer = Path(folder, "together.txt"), Path(folder, "report.json")
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in together.values()))
        question: list[str | Path] = [
            "--dry-run",
            "--ignore-installed",
            "--report",
            answer,
            "--constraint",
            constraints,
        ]
        # only what exists as a wheel for that Python; without --target pip asks for its own alone
        question += [f"--python-version={python}", "--only-binary=:all:", "--target", Path(folder, "none"), *options]
        try:
            done = subprocess.run(  # noqa: S603 - names out of our own files
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", *question, *wanted],
                env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
                capture_output=True,
                text=True,
                check=False,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired:
            message = f"pip's index did not answer within {LIMIT} seconds."
            raise UpdateError(message) from None
        if done.returncode:
            raise UpdateError(advice(done.stderr))
        return list(json.loads(answer.read_text())["install"])


def advice(said: str) -> str:
    """Return in a sentence why pip failed and what to do."""
    if "no such option" in said:
        return "This pip is older than 22.2: .venv/bin/python -m pip install --upgrade pip"
    if unknown := re.search(r"satisfies the requirement (\S+) .*\(from versions: none\)", said):
        return f"No package index answers, or it has no {unknown[1]}: check the network and pip's index."
    reasons = re.findall(r"^ERROR: (.+)", said, re.MULTILINE) or said.strip().splitlines() or ["no word of it"]
    return f"pip finds no versions that go together: {reasons[0].rstrip('.')}."


def table(before: dict[str, Pins], after: dict[str, Pins]) -> str:
    """Return what changes, a line for each package: old and new version and the files."""
    files: dict[tuple[str, str, str], list[str]] = {}
    for file, pins in before.items():
        for key in sorted(pins | after[file]):
            (was, old), (name, new) = pins.get(key, ("", "-")), after[file].get(key, ("", "-"))
            step = "  (older: the newest that fits)" if "-" not in {old, new} and Version(new) < Version(old) else ""
            if old != new:
                files.setdefault((name or was, old, new + step), []).append(file)
    rows = [("package", "old", "new", ""), *((*row, ", ".join(names)) for row, names in sorted(files.items()))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def contents(before: dict[str, Pins], after: dict[str, Pins]) -> dict[Path, str]:
    """Return the new text of every file that has a pin; requirements-dev.txt is always one: make looks at its date."""
    moved = {
        (key, old): after[file][key][1]
        for file in before
        for key, (_, old) in before[file].items()
        if key in after[file]
    }
    texts = {ROOT / file: freeze(after[file].values()) for file in IMAGES}
    for path in (ROOT / TOOLS, *(path for pattern in QUOTING for path in sorted(ROOT.glob(pattern)))):
        texts[path] = re.sub(
            r"(?<![\w.-])([\w.-]+)((?:\[[^]]*\])?\s*==\s*)(\d[\w.!+]*)",
            lambda pin: pin[1] + pin[2] + moved.get((canonicalize_name(pin[1]), pin[3]), pin[3]),
            text_of(str(path.relative_to(ROOT))),
        )
    return {path: text for path, text in texts.items() if path == ROOT / TOOLS or text != path.read_text("utf-8")}


def freeze(pins: Iterable[tuple[str, str]]) -> str:
    """Return pins as `pip freeze` writes them."""
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins, key=lambda pin: pin[0].lower()))


def write(texts: dict[Path, str]) -> None:
    """Write all files, or none where one cannot be written."""
    beside = {path: path.with_name(f".{path.name}.new") for path in texts}
    try:
        for path, new in beside.items():
            new.write_text(texts[path], encoding="utf-8")
            shutil.copymode(path, new)
        for path, new in beside.items():
            new.replace(path)
    except OSError as error:
        message = f"{error.filename} cannot be written: {error.strerror}."
        raise UpdateError(message) from None
    finally:
        for new in beside.values():
            if new.is_file():
                new.unlink()


def proofs(before: dict[str, Pins], after: dict[str, Pins]) -> list[str]:
    """Return the commands that prove what has changed."""
    changed = {file for file in before if before[file] != after[file]}
    slow = ["make test-slow"] if "var_keeper/requirements.txt" in changed else []  # the keeper under faults
    return [*(["make lint"] if TOOLS in changed else []), "make test", *slow]


def first(file: str, pattern: str) -> str:
    """Return what the first group of a pattern finds in a file."""
    found = re.search(pattern, text_of(file), re.MULTILINE)
    if not found:
        message = f"{file} has no line like {pattern}."
        raise UpdateError(message)
    return found[1]


def text_of(file: str) -> str:
    """Return the text of a file of ours."""
    try:
        return (ROOT / file).read_text(encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise UpdateError(message) from None


if __name__ == "__main__":
    sys.exit(main())
