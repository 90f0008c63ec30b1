"""Whose fault a failed build is: what a student's command prints is no trouble of ours."""

from __future__ import annotations

import pytest

from labcheck.checks import diagnosis
from labcheck.checks.verdicts import UngradableError
from labcheck.errors import BuildError

TIMED_OUT = "connection timed out"
CLASSIC = "The command '/bin/sh -c {command}' returned a non-zero code: 1"
BUILDKIT = 'process "/bin/sh -c {command}" did not complete successfully: exit code: 1'


def _failed(reason: str) -> BuildError:
    return BuildError(reason, reason, f"Step 3/6 : RUN\n{TIMED_OUT}")


@pytest.mark.parametrize("reason", [CLASSIC, BUILDKIT], ids=["classic", "buildkit"])
@pytest.mark.parametrize(
    "command",
    [
        "pip install --no-cache-dir -r requirements.txt",
        "PYTHONDONTWRITEBYTECODE=1 python -m pip3 install Flask",
        "set -eux; apk add --no-cache gcc",
        "apt-get update && apt-get install -y gcc",
    ],
)
def test_a_registry_that_pip_apt_or_apk_does_not_reach_is_ours(reason: str, command: str) -> None:
    """Nobody loses points because a registry does not answer (lab step 114)."""
    with pytest.raises(UngradableError, match="registry is out of reach"):
        diagnosis.explain(_failed(reason.format(command=command)), stand_in=False)


@pytest.mark.parametrize(
    ("name", "said"), [("requirement.txt", "called requirements.txt"), ("requirements.txt", "WORKDIR and COPY")]
)
def test_another_name_of_the_list_is_told(name: str, said: str) -> None:
    """Whoever slips in the name of requirements.txt is told so, and not to move lines (lab step 113)."""
    log = f"ERROR: Could not open requirements file: [Errno 2] No such file or directory: '{name}'"
    reason = CLASSIC.format(command=f"pip install -r {name}")
    hint = diagnosis.explain(BuildError(reason, reason, log), stand_in=False).hint
    assert name in hint
    assert said in hint


@pytest.mark.parametrize("reason", [CLASSIC, BUILDKIT], ids=["classic", "buildkit"])
@pytest.mark.parametrize("command", [f"echo {TIMED_OUT}; exit 1", "python app.py", "pytest --timeout 1"])
def test_what_another_command_says_is_the_students(reason: str, command: str) -> None:
    """A build that fails in a command of the student's own has failed, whatever the command says (lab step 114)."""
    assert diagnosis.explain(_failed(reason.format(command=command)), stand_in=False).hint
