"""Area build: the Dockerfile of lab steps 113 and 114. PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from labcheck.checks import starting
from labcheck.checks.testbed import LabContainer
from labcheck.checks.verdicts import Mismatch, mismatch, require, there
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.checks.trial import Built, Trial
    from labcheck.submission.submission import Submission

# the lab's six (113); a second COPY and the sixth line are ours, each with its reason in a comment
HELLO = ["FROM", "WORKDIR", "COPY", "RUN", "COPY", "STOPSIGNAL", "ENTRYPOINT", "CMD"]
KEEPER = ["HEALTHCHECK" if word == "STOPSIGNAL" else word for word in HELLO]  # its server ends at SIGTERM


@pytest.fixture
def config(trial: Trial, built: Built) -> dict[str, Any]:
    """What the image says about how it is started."""
    return dict(trial.engine.images.get(built.tag).attrs["Config"])


@pytest.mark.lab(step=114, area="build")
def test_dockerfile_builds(build_result: Built | Mismatch) -> None:
    """`docker build -t flask .` makes an image."""
    built = require(build_result)
    assert built.tag, mismatch(_("an image"), built, _("Run docker build yourself (step 114)."))


@pytest.mark.lab(step=113, area="build")
def test_starts_python_with_app_py(config: dict[str, Any]) -> None:
    """ENTRYPOINT and CMD together start `python app.py`."""
    started = [*(config["Entrypoint"] or []), *(config["Cmd"] or [])]
    words = [re.sub(r"^.*/", "", word) for word in started if word not in {"-u", "-B", "run"}]
    assert words[:2] in (["python", "app.py"], ["python3", "app.py"]), mismatch(
        "python app.py", " ".join(started), _('ENTRYPOINT [ "python" ] and CMD [ "app.py" ], each a list in brackets.')
    )


@pytest.mark.lab(step=113, area="build")
def test_works_in_app(config: dict[str, Any]) -> None:
    """The working directory is /app."""
    assert config["WorkingDir"].rstrip("/") == "/app", mismatch(
        "WORKDIR /app", config["WorkingDir"] or "/", _("Later steps look for the app in /app: 120, 136.")
    )


@pytest.mark.lab(step=113, area="build")
@pytest.mark.beyond
def test_arguments_replace_cmd_and_extend_entrypoint(built: Built) -> None:
    """Arguments after the image's name replace CMD and are added to ENTRYPOINT."""
    with starting.running(LabContainer(built.tag, command=["-c", "print('argument', 'taken')"])) as container:
        container.wait()
        log = container.log.strip()
    assert log == "argument taken", mismatch(
        "argument taken", log, _('With ENTRYPOINT [ "python" ], docker run flask -c "…" runs python -c "…".')
    )


@pytest.mark.lab(step=127, area="build")
@pytest.mark.reference
def test_dockerfiles_differ_in_from_alone(handed_in: Submission) -> None:
    """Dockerfile, .slim and .alpine are one file on three bases: step 127 changes the first line and nothing else."""
    texts = {
        name: re.sub(r"^FROM .*$", "FROM", (there(handed_in.context) / name).read_text(), flags=re.MULTILINE)
        for name in handed_in.dockerfiles
    }
    assert len(set(texts.values())) == 1, mismatch(
        _("one text apart from FROM"), "\n".join(texts.values()), _("Change all three, or none.")
    )


@pytest.mark.lab(step=113, area="build")
@pytest.mark.reference
@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.slim", "Dockerfile.alpine", "var_keeper/Dockerfile"])
def test_dockerfile_is_the_labs_and_at_most_two_more(handed_in: Submission, name: str) -> None:
    """Each Dockerfile has the six instructions of step 113, and two more, each explained by a comment."""
    text = (there(handed_in.context) / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    expected = KEEPER if name.startswith("var_keeper") else HELLO
    assert words == expected, mismatch(" ".join(expected), " ".join(words), _("Keep it plain."))
