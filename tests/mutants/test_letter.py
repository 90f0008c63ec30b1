"""By the letter of the lab is full marks: its own listings, read from its text where that lies beside the checkout."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import pytest

from labcheck.checks.verdicts import PASSED
from labcheck.images.lab import CHECKOUT
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.images.bases import Source

LAB = CHECKOUT.parent / "shared" / "lab" / "task_03.1.md"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def listings(step: int, language: str) -> list[str]:
    """Return the listings of a step of the lab, in order."""
    text = LAB.read_text(encoding="utf-8")
    start = re.search(rf"^{step}\. ", text, re.MULTILINE)
    end = re.search(rf"^{step + 1}\. ", text, re.MULTILINE)
    assert start, step
    part = text[start.start() : end.start() if end else None]
    return [textwrap.dedent(code) for _indent, kind, code in FENCE.findall(part) if kind == language]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The home directory of a student who did as the text says, as step 132 leaves it."""
    if not LAB.exists():
        pytest.skip("the lab's text is not beside this checkout: that its own listings get full marks was not checked")
    flask, content, netplan = (tmp_path / name for name in ("tutorial/flask", "content", "netplan"))
    for made in (flask, content, netplan):
        made.mkdir(parents=True)
    (flask / "app.py").write_text(listings(108, "python")[0])
    (alpine,) = listings(127, "dockerfile")
    dockerfile = listings(113, "dockerfile")[0].splitlines(keepends=True)
    (flask / "Dockerfile").write_text("".join([alpine, *dockerfile[1:]]))
    (flask / ".dockerignore").write_text(listings(123, "bash")[0])
    # pip freeze gives what it gives (111): the same packages as the reference's
    (flask / "requirements.txt").write_text((CHECKOUT / "requirements.txt").read_text())
    (content / "index.html").write_text(listings(83, "html")[0])
    for name, text in zip(("00-installer-config.yaml", "01-dns.yaml"), listings(2, "yaml"), strict=True):
        (netplan / name).write_text(text)
    return tmp_path


def _assert_full_marks(folder: Path, hub: str, *options: str) -> None:
    graded = mutants.grade(folder / "results.json", f"--submission={folder}", "--scored-only", *options, hub=hub)
    assert mutants.verdicts(graded, PASSED) == {check["id"] for check in graded["checks"]}, graded["output"]
    assert graded["score"] == graded["max_score"] > 0


def test_as_step_132_leaves_it(folder: Path, source: Source) -> None:
    """The hello app on alpine, without var_keeper: full marks in all areas but that one."""
    areas = ["netplan", "content", *mutants.HELLO_AREAS]
    _assert_full_marks(folder, source.setting, f"--areas={','.join(areas)}")


def test_as_step_143_leaves_it(folder: Path, source: Source) -> None:
    """app.py is var_keeper, whose image the lab makes of a container: full marks in all areas."""
    (folder / "tutorial" / "flask" / "app.py").write_text(listings(135, "python")[0])
    _assert_full_marks(folder, source.setting)


@pytest.mark.slow
def test_what_the_letter_lacks_is_advice(folder: Path, source: Source) -> None:
    """What more the reference does is said to a student, and costs no point: debug mode, for one."""
    graded = mutants.grade(folder / "results.json", f"--submission={folder}", "--areas=run,size", hub=source.setting)
    failed = [check for check in graded["checks"] if check["verdict"] == "failed"]
    assert "run.debugger_is_out_of_reach" in {check["id"] for check in failed}
    assert all(check["beyond"] and check["max_points"] == 0 and check["hint"] for check in failed)
    assert graded["score"] == graded["max_score"]
