"""Grade one submission: the rubric as a process of its own, on the engine of a lab machine."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcheck import suite
from labcheck.checks import rubric, trial
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labcheck.submission.submission import Submission

SECONDS = 900


@dataclass(frozen=True)
class Request:
    """What is to be graded: a folder or file, an image, or both; `areas` of the rubric, all where empty.

    `seconds` are the limit of its checks.
    """

    path: Path | None
    image: str | None = None
    areas: Sequence[str] = ()
    seconds: float = SECONDS
    scored_only: bool = False

    @property
    def options(self) -> list[str]:
        """The options of the rubric's plugin that say so."""
        return [f"--areas={','.join(self.areas)}", *(["--scored-only"] if self.scored_only else [])]


def grade(
    handed_in: Submission,
    request: Request,
    environment: dict[str, str],
    scratch: Path | None,
    tell: Callable[[dict[str, Any]], object],
) -> dict[str, Any]:
    """Run the rubric and return the results of the submission; `tell` is told every outcome as it comes.

    `environment` says which engine it is to work on; `scratch` is a folder that has the same path there as here.

    Raises:
        LabcheckError: the rubric did not come to an end; what it said last is in the message. Or as `build_seconds`.
    """
    trial.build_seconds()  # a wrong setting is to be said in a sentence, before the rubric meets it
    with tempfile.TemporaryDirectory(prefix="labcheck-") as directory:
        results, described = Path(directory) / "results.json", Path(directory) / "handed-in.json"
        handed_in.write(described)
        options = [f"--handed-in={described}", f"--results={results}", *request.options]
        options += [f"--basetemp={scratch}"] if scratch else []
        _code, last = suite.run(rubric.DIRECTORY, options, environment, tell, seconds=request.seconds)
        if not results.is_file():
            raise LabcheckError(_("The checks did not come to an end. They said last:\n{lines}").format(lines=last))
        return dict(json.loads(results.read_text(encoding="utf-8")))
