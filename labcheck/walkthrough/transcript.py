"""The transcript of a walkthrough: what was typed and shown, step by step, as a page and as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from labcheck.i18n import _
from labcheck.plain import plain, with_code
from labcheck.walkthrough.window import Typed

TEMPLATES = Path(__file__).parent / "templates"
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
MARKS = {PASSED: "✓", FAILED: "✗", SKIPPED: "-", "": "…"}
BROWSER = "browser"  # the window that is none
_LONG = 25  # lines: what is longer is folded in
_LIMIT = 20_000  # characters


@dataclass
class Step:
    """A step or a few that one test ran: what it claims, what was typed, and how it ended."""

    steps: tuple[int, ...]
    claim: str
    test: str
    typed: list[Typed] = field(default_factory=list)
    outcome: str = ""
    why: str = ""

    @property
    def number(self) -> str:
        """The numbers of its steps, as `62` or `48, 49`."""
        return ", ".join(map(str, self.steps))

    def is_in(self, part: tuple[int, int]) -> bool:
        """Tell whether one of its steps is in a part of the lab."""
        return any(part[0] <= step <= part[1] for step in self.steps)


class Transcript:
    """What a walkthrough has said so far; `part` of the lab is all that is kept."""

    def __init__(self, part: tuple[int, int]) -> None:
        """Begin before the first step."""
        self.steps: list[Step] = []
        self._part = part
        self._current: Step | None = None

    def take(self, event: dict[str, Any]) -> Step | None:
        """Take in what the walkthrough says, and return the step it is about, where it is one of the part."""
        numbers = tuple(event["steps"])
        if event["kind"] == "begin":
            claim = event["claim"]
            step = Step(numbers, _(claim), event["test"])
            if self._current and (step.steps, step.claim) == (self._current.steps, self._current.claim):
                return None  # the same once more, with another value
            self._current = step
            if self._current.is_in(self._part):
                self.steps.append(self._current)
        current = self._current
        if current is None:
            return None
        if event["kind"] == "typed":
            current.typed.append(Typed(**{name: event[name] for name in Typed.__dataclass_fields__}))
        elif event["kind"] == "end" and current.outcome != FAILED:
            current.outcome, current.why = event["outcome"], plain(event["why"], _LIMIT)
        return current if current.is_in(self._part) or current.outcome == FAILED else None

    def html(self, *, title: str, about: str) -> str:
        """Return it as a page that stands alone: nothing is loaded, no script, all text escaped."""
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        environment.filters.update(shown=lambda text: plain(text, _LIMIT), code=with_code)
        return environment.get_template("walkthrough.html.jinja").render(
            steps=self.steps,
            title=title,
            about=about,
            language=_("en"),
            word={"step": _("step"), "window": _("window"), "browser": _("browser"), "lines": _("lines")},
            marks=MARKS,
            browser=BROWSER,
            long=_LONG,
        )

    def markdown(self, *, title: str, about: str) -> str:
        """Return it as Markdown."""
        parts = [f"# {title}", about]
        for step in self.steps:
            parts.append(f"## {step.number}. {step.claim}")
            if step.outcome != PASSED:
                parts.append(f"**{step.outcome}** {step.why}")
            parts += [_fenced(typed) for typed in step.typed]
        return "\n\n".join(parts) + "\n"


def _fenced(typed: Typed) -> str:
    """Return what was typed and shown as a block of code, fenced by more backticks than there are in it."""
    where = f"[{typed.window}] " if typed.window == BROWSER else ""
    text = plain(f"{where}{typed.prompt}{typed.command}\n{typed.text}".rstrip(), _LIMIT)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence}console\n{text}\n{fence}"
