"""Two figures of one run, side by side: what counts is their ratio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """`what` is measured `here`, and what it is compared with, `beside` it; `of` their ratio where it is a median."""

    what: str
    here: float
    beside: float
    of: float | None = None

    @property
    def cells(self) -> list[str]:
        """What stands in a row of a table."""
        ratio = self.here / self.beside if self.of is None else self.of
        return [self.what, f"{self.here:.3g}", f"{self.beside:.3g}", f"{ratio:.2g}"]

    def __str__(self) -> str:
        """Return it as a row in Markdown."""
        return f"| {' | '.join(self.cells)} |"
