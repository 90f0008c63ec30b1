"""The rubric as data: what each check of `tests/rubric` is called, which lab step it is about, and what it is worth."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    import pytest

AREAS = ("netplan", "content", "requirements", "build", "run", "size", "dockerignore", "keeper")  # in lab order
OPTIONAL_AREAS = ("netplan", "content")  # not handed in they cost nothing
DIRECTORY = Path(__file__).parent.parent / "tests" / "rubric"


@dataclass(frozen=True)
class Check:
    """One check: `id` is `area.name`; `step` is the lab's; `title` what a student reads; `points` its worth.

    `beyond`: more than the lab asks for, advice without points. `reference`: about our own artefacts alone.
    """

    id: str
    step: int
    area: str
    title: str
    points: float
    beyond: bool
    reference: bool

    @property
    def scored(self) -> bool:
        """Whether a submission gets points for it."""
        return not (self.beyond or self.reference)


def check_of(item: pytest.Item, weights: dict[str, float]) -> Check | None:
    """Return the check that a test is, None for a test that is none.

    Raises:
        ValueError: its marker lacks the step or an area of the rubric.
    """
    marker = item.get_closest_marker("lab")
    if marker is None:
        return None
    area, step = marker.kwargs.get("area"), marker.kwargs.get("step")
    if area not in AREAS or not isinstance(step, int):
        raise ValueError(f"{item.nodeid}: @pytest.mark.lab needs step=NUMBER and area, one of {', '.join(AREAS)}")
    function = getattr(item, "function", None)
    name = f"{area}.{getattr(item, 'originalname', item.name).removeprefix('test_')}"
    title = " ".join((inspect.getdoc(function) or "").split())
    beyond = item.get_closest_marker("beyond") is not None
    reference = item.get_closest_marker("reference") is not None
    points = 0.0 if beyond or reference else weights.get(name, 0.0)
    return Check(name, step, area, title, points, beyond, reference)


def load_weights(path: Path = DIRECTORY / "weights.toml") -> dict[str, float]:
    """Return the points of each scored check by its id."""
    with path.open("rb") as file:
        tables = tomllib.load(file)
    return {f"{area}.{name}": float(points) for area, names in tables.items() for name, points in names.items()}
