"""The table of the lab's steps: every step is in it, and what it says of a test is what that test does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.errors import LabcheckError
from labcheck.walkthrough import steps

if TYPE_CHECKING:
    from pathlib import Path

AT_LEAST = 138  # of 148 steps

TEST = '''
"""A section."""
import pytest

@pytest.mark.step(62)
@pytest.mark.step(63, 64)
def test_network(lab, window):
    """A network | made.

    More."""
    window.type("docker network create sky_net")
    name = lab.client.networks.list()[0].name
    lab.window(2).type(f"docker network inspect {name[:4]}", code=0)
    helper("no command")

def test_of_no_step(window):
    """Nothing."""
    window.type("ls")
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tests that stands for the walkthrough's."""
    (tmp_path / "test_062_networks.py").write_text(TEST)
    reasons = "\n".join(f'[{step}]\nen = "words only"' for step in range(1, 149) if step not in {62, 63, 64})
    (tmp_path / "not_run.toml").write_text(reasons)
    monkeypatch.setattr(steps, "DIRECTORY", tmp_path)
    monkeypatch.setattr(steps, "REASONS", tmp_path / "not_run.toml")
    return tmp_path


@pytest.mark.parametrize("language", steps.DOCUMENTS)
def test_the_page_is_that_of_the_tests(language: str) -> None:
    """docs/steps.md, and each translation, is what `make steps` makes of the tests as they are."""
    assert steps.DOCUMENTS[language].read_text(encoding="utf-8") == steps.document(language), "run: make steps"


def test_every_step_is_run_or_has_a_reason() -> None:
    """Each of the 148 steps is run by a test or says why none runs it, never both; at least 138 are run."""
    run = {step for one in steps.runs() for step in one.steps}
    assert run | set(steps.reasons("en")) == set(range(1, steps.COUNT + 1))
    assert run & set(steps.reasons("en")) == set()
    assert len(run) >= AT_LEAST


def test_claims_are_different() -> None:
    """Each test says what it claims, in words that no other one uses."""
    claims = [run.claim for run in steps.runs()]
    assert all(claims)
    assert len(claims) == len(set(claims))


@pytest.mark.usefixtures("folder")
def test_what_is_typed_is_read_from_the_source() -> None:
    """Markers give the steps, the docstring's first line the claim; what is typed keeps its order, values in braces."""
    (run,) = steps.runs()
    assert run == steps.Run(
        (62, 63, 64),
        "A network | made.",
        ("docker network create sky_net", "docker network inspect {name}"),
        "test_062_networks.py::test_network",
    )


def test_a_row_a_step(folder: Path) -> None:
    """The table has a row a step, in order, what would break it escaped; a step without a test says why."""
    rows = steps.table("en").splitlines()[2:]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 149))
    assert "A network \\| made." in rows[61]
    assert rows[0].endswith("| not run: words only |")
    (folder / "not_run.toml").write_text("")
    with pytest.raises(LabcheckError, match="step 1 "):
        steps.table("en")


@pytest.mark.parametrize(("text", "part"), [("", (1, 148)), ("62", (62, 62)), ("62-78", (62, 78))])
def test_a_part_of_the_lab(text: str, part: tuple[int, int]) -> None:
    """STEP names a step, or the first and last of a part; nothing means all."""
    assert steps.part(text) == part


@pytest.mark.parametrize("text", ["0", "149", "78-62", "a", "1-", "-3", "62-78-80", "1,2"])
def test_no_part_of_the_lab(text: str) -> None:
    """Anything else is refused with what would be right."""
    with pytest.raises(LabcheckError, match="1 to 148, or a part like 62-78"):
        steps.part(text)
