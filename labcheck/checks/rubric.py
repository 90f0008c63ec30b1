"""The rubric as data: what each check of `tests/rubric` is called, which lab step it is about, and what it is worth."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    import pytest

AREAS = ("netplan", "content", "requirements", "build", "run", "size", "dockerignore", "keeper")  # in lab order
OPTIONAL_AREAS = ("netplan", "content")  # not handed in they cost nothing
DIRECTORY = Path(__file__).parent.parent.parent / "tests" / "rubric"


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


def parse_areas(text: str) -> list[str]:
    """Return the areas that a list with commas names.

    Raises:
        LabcheckError: one of them is none.
    """
    areas = [area.strip() for area in text.split(",") if area.strip()]
    unknown = set(areas) - set(AREAS)
    if unknown:
        raise LabcheckError(
            _("No area of the rubric: {unknown}. There are: {areas}").format(
                unknown=", ".join(sorted(unknown)), areas=", ".join(AREAS)
            )
        )
    return areas


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
        message = f"{item.nodeid}: @pytest.mark.lab needs step=NUMBER and area, one of {', '.join(AREAS)}"
        raise ValueError(message)
    function = getattr(item, "function", None)
    name = f"{area}.{getattr(item, 'originalname', item.name).removeprefix('test_')}"
    title = title_of(getattr(function, "__doc__", None))
    beyond = item.get_closest_marker("beyond") is not None
    reference = item.get_closest_marker("reference") is not None
    points = 0.0 if beyond or reference else weights.get(name, 0.0)
    return Check(name, step, area, _(title) if title else "", points, beyond, reference)


def title_of(docstring: str | None) -> str:
    """Return a docstring as one line: what a check is called."""
    return " ".join(inspect.cleandoc(docstring or "").split())


def load_weights(path: Path = DIRECTORY / "weights.toml") -> dict[str, float]:
    """Return the points of each scored check by its id."""
    tables = load_toml(path)
    return {f"{area}.{name}": float(points) for area, names in tables.items() for name, points in names.items()}


def load_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says."""
    with path.open("rb") as file:
        return dict(tomllib.load(file))
