"""The workflows for GitHub, as far as it can be told without GitHub: its schema, and what they call in this project."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from labcheck.images.lab import CHECKOUT

GITHUB = CHECKOUT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
SCHEMAS = ("vendor.github-workflows", "custom.github-workflows-require-timeout")
MAKEFILE = (CHECKOUT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))  # those that `make help` prints
SETTINGS = {"PYTEST_ARGS", *re.findall(r"[A-Z_]+", re.findall(r"^export ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)[0])}
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def jobs(path: Path) -> list[dict[str, Any]]:
    """Return the jobs of a workflow."""
    return list(YAML(typ="safe").load(path)["jobs"].values())


def commands(path: Path) -> list[str]:
    """Return each line that the steps of a workflow run."""
    steps = [step for job in jobs(path) for step in job["steps"]]
    return [line for step in steps if "run" in step for line in step["run"].splitlines()]


def unknown(command: str) -> list[str]:
    """Return the words of a command that are no `make`, no target and no setting of the Makefile."""
    first, *words = shlex.split(command)
    settings = [word.split("=", 1)[0] for word in words if "=" in word]
    targets = [word for word in words if "=" not in word]
    return [*({first} - {"make"}), *(set(settings) - SETTINGS), *(set(targets) - TARGETS)]


def against_schema(path: Path, schema: str) -> str:
    """Return what the schema says against a file, empty where it fits; the schemas come with check-jsonschema."""
    done = subprocess.run(  # noqa: S603 - fixed words and a path of ours
        [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr if done.returncode else ""


def complaints(path: Path) -> list[str]:
    """Return what is wrong with a workflow."""
    found = [said for schema in SCHEMAS if (said := against_schema(path, schema))]
    if found:
        return found
    text = path.read_text()
    found += [f"unknown to the Makefile: {word}" for command in commands(path) for word in unknown(command)]
    found += [f"not pinned: {line}" for line in re.findall(r"uses: .*", text) if not PINNED.fullmatch(line)]
    if YAML(typ="safe").load(text).get("permissions") != {"contents": "read"}:
        found.append("more permissions than reading")
    if "Not run by us" not in text:
        found.append("does not say that it was never run")
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_sound(path: Path) -> None:
    """A workflow fits GitHub's schema, calls what the Makefile has, may read alone, and its actions cannot change."""
    assert not complaints(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("runs-on:", "runs_on:", "runs_on"),
        ("  pull_request:", "  pull_requests:", "pull_requests"),
        ("    timeout-minutes: 60\n", "", "timeout-minutes"),
        ("      - run: make", "      - run:\n          - make", "make"),
        ("matrix:\n", "matrix: [\n", "parse"),
        ("make test", "make tests", "unknown to the Makefile: tests"),
        ("HUB=docker.io", "HUBB=docker.io", "unknown to the Makefile: HUBB"),
        ("- run: make test", "- run: pytest", "unknown to the Makefile: pytest"),
        ("contents: read", "contents: write", "more permissions"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "not pinned: uses: actions/checkout@v7"),
        ("Not run by us", "Run by us", "never run"),
    ],
)
def test_a_broken_workflow_is_noticed(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Each thing that a workflow must have is missed when it is gone."""
    whole = (GITHUB / "workflows" / "test.yml").read_text()
    assert old in whole
    (tmp_path / "test.yml").write_text(whole.replace(old, new))
    assert complaint in " ".join(complaints(tmp_path / "test.yml"))


def test_every_push_and_every_week_are_proved_on_official_images() -> None:
    """A push and a pull request run `make test`, every week runs all of it, and neither falls back to stand-ins."""
    events = {path.stem: YAML(typ="safe").load(path)["on"] for path in WORKFLOWS}
    assert set(events) == {"test", "drift"}
    assert {"push", "pull_request"} <= set(events["test"])
    assert "schedule" in events["drift"]
    runs = {path.stem: [shlex.split(command) for command in commands(path)] for path in WORKFLOWS}
    assert {words[1] for words in runs["test"]} == {"test"}
    assert {words[1] for words in runs["drift"]} == {"update", "test", "test-slow", "walkthrough"}
    assert all("HUB=docker.io" in words for run in runs.values() for words in run if words[1] != "update")


def test_updates_are_proposed_for_actions_and_pins(tmp_path: Path) -> None:
    """dependabot.yml fits GitHub's schema, which misses a wrong one, and names the folders that have pins."""
    path = GITHUB / "dependabot.yml"
    assert not against_schema(path, "vendor.dependabot")
    (tmp_path / "dependabot.yml").write_text(path.read_text().replace("interval: weekly", "interval: fortnightly"))
    assert "fortnightly" in against_schema(tmp_path / "dependabot.yml", "vendor.dependabot")
    updates = {update["package-ecosystem"]: update for update in YAML(typ="safe").load(path)["updates"]}
    assert set(updates) == {"github-actions", "pip"}
    for folder in updates["pip"]["directories"]:
        assert (CHECKOUT / folder.strip("/") / "requirements.txt").is_file()
