"""Two figures of one run, side by side: what counts is their ratio."""

from __future__ import annotations

from dataclasses import dataclass

_WHOLE = 100  # from here on without decimals


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
        return [self.what, _shown(self.here), _shown(self.beside), f"{ratio:.2f}"]

    def __str__(self) -> str:
        """Return it as a row in Markdown."""
        return f"| {' | '.join(self.cells)} |"


def _shown(figure: float) -> str:
    return f"{figure:.3g}" if figure < _WHOLE else f"{figure:.0f}"
