"""What a walkthrough says of itself: a line of JSON for all that is typed and for each test that ends."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labcheck.walkthrough.window import Typed


class Recorder:
    """Says what is typed in the steps at hand to whoever started the walkthrough, or to nobody."""

    def __init__(self, live: int | None) -> None:
        """Write to the file descriptor `live`, where there is one."""
        self._live = live
        self._steps: tuple[int, ...] = ()

    def begin(self, steps: tuple[int, ...], claim: str, test: str) -> None:
        """Begin with steps."""
        self._steps = steps
        self._say({"kind": "begin", "claim": claim, "test": test})

    def typed(self, typed: Typed) -> None:
        """Say what was typed."""
        self._say({"kind": "typed", **asdict(typed)})

    def end(self, outcome: str, why: str) -> None:
        """Say how the steps ended: passed, failed or skipped, and why."""
        self._say({"kind": "end", "outcome": outcome, "why": why})

    def _say(self, event: dict[str, Any]) -> None:
        if self._live is not None:
            line = json.dumps({"steps": self._steps, **event}, ensure_ascii=False) + "\n"
            os.write(self._live, line.encode())
