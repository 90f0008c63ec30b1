"""Ask all probes side by side; whatever becomes of one, it gives a line, within the limit."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as LateError
from functools import partial
from typing import TYPE_CHECKING

from labcheck.doctor.facts import NoEngineError
from labcheck.doctor.finding import Finding, skipped, warning
from labcheck.doctor.side_by_side import begin
from labcheck.i18n import _
from labcheck.plain import plain_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future

    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Line, Probe

SECONDS = 45  # for all of them; what they ask has limits of its own, which are shorter


def examine(probes: Iterable[Probe], facts: Facts, *, seconds: float = SECONDS) -> list[Line]:
    """Return a line for each probe, in their order; one that fails or takes longer than `seconds` says so."""
    deadline = time.monotonic() + seconds
    begun = [(probe, begin(partial(probe.look, facts))) for probe in probes]
    return [(probe, _plain(_answer(future, deadline - time.monotonic()))) for probe, future in begun]


def _answer(future: Future[Finding], seconds: float) -> Finding:
    try:
        return future.result(max(0.0, seconds))
    except NoEngineError:
        return skipped(_("cannot be told without the engine"))
    except LateError:
        return warning(_("could not be found out: no answer in time"))
    except Exception as error:  # noqa: BLE001 - a probe that fails costs its own line, no other
        return warning(
            _("could not be found out: {kind}: {error}").format(kind=type(error).__name__, error=error),
            _("Please tell the maintainers what this line says."),
        )


def _plain(finding: Finding) -> Finding:
    """Return it without what steers a terminal: names of processes and answers of servers are strangers' text."""
    return Finding(finding.state, plain_line(finding.found), plain_line(finding.advice), plain_line(finding.command))
