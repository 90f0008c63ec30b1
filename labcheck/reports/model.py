"""`results.json` as the pages need it: whatever is optional there has a value here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from labcheck.checks.rubric import AREAS
from labcheck.checks.verdicts import FAILED, UNGRADABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
STUDENTS = "students"  # the folder of their pages
_PLAIN = re.compile(r"\w[\w-]{0,59}")


@dataclass(frozen=True)
class Check:
    """One check of one student; `override` has the points that the instructor gave, and why."""

    id: str
    area: str
    verdict: str
    step: int = 0
    title: str = ""
    points: float = 0.0
    max_points: float = 0.0
    beyond: bool = False
    expected: str = ""
    actual: str = ""
    hint: str = ""
    override: Mapping[str, Any] = field(default_factory=dict)

    @property
    def broke(self) -> bool:
        """Whether it cost points: it failed, is more than advice, and the instructor did not give all of them."""
        given = self.override and self.worth >= self.max_points
        return self.verdict == FAILED and not self.beyond and not given

    @property
    def worth(self) -> float:
        """The points it gives, the instructor's where they set them."""
        return float(self.override.get("points", self.points))

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in lab order; an area that the rubric does not have comes last."""
        return AREAS.index(self.area) if self.area in AREAS else len(AREAS), self.step


@dataclass(frozen=True)
class Image:
    """An image of a student's: bytes in all and of their own layers; its base as the lab calls it, or a stand-in."""

    tag: str = ""
    bytes: int = 0
    own_bytes: int | None = None
    base: str = ""
    is_standin: bool = False


@dataclass(frozen=True)
class Student:
    """One submission; `page` is the file name of its page, `ungradable` says why there is no mark.

    `override` is the instructor's of the total.
    """

    key: str
    page: str
    name: str
    participant: str = ""
    score: float | None = None
    max_score: float = 0.0
    percent: float | None = None
    passed: bool | None = None
    first_failed_step: int | None = None
    missing: list[str] = field(default_factory=list)
    ungradable: str = ""
    notes: list[str] = field(default_factory=list)
    same_image_as: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    override: Mapping[str, Any] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)

    @property
    def link(self) -> str:
        """The address of the page, from the class's."""
        return f"{STUDENTS}/{quote(self.page)}"

    @property
    def has_mark(self) -> bool:
        """Whether a mark is given: our side's trouble withholds it."""
        return self.percent is not None and not self.ungradable

    @property
    def scored(self) -> list[Check]:
        """The checks that give points, in lab order."""
        return [check for check in self.checks if not check.beyond]

    @property
    def advice(self) -> list[Check]:
        """The checks that asked for more than the lab, and failed."""
        return [check for check in self.checks if check.beyond and check.verdict == FAILED]

    @property
    def first_failed(self) -> Check | None:
        """The check at the first step that broke."""
        broke = [check for check in self.scored if check.broke]
        at_step = [check for check in broke if check.step == self.first_failed_step]
        return min(at_step or broke, key=lambda check: check.step, default=None)

    @property
    def overridden(self) -> list[Check]:
        """The checks whose points the instructor set."""
        return [check for check in self.checks if check.override]

    @property
    def image(self) -> Image | None:
        """The image that sizes are compared by: the keeper's where there is one."""
        measured = [image for image in self.images if image.own_bytes is not None]
        return max(measured or self.images, key=lambda image: "keeper" in image.tag, default=None)

    @property
    def by_name(self) -> str:
        """What class lists are sorted by."""
        return self.name.casefold().replace("ё", "е")  # noqa: RUF001

    def lost_for_missing(self, area: str) -> float:
        """Return the points that an area costs which was not handed in."""
        return sum(check.max_points - check.worth for check in self.scored if check.area == area)


def on_standins(results: Mapping[str, Any]) -> bool:
    """Tell whether the bases of `results.json` were stand-ins: an image's base has its official name in either case."""
    return bool((results.get("environment") or {}).get("standin"))


def students(results: Mapping[str, Any]) -> list[Student]:
    """Return the submissions of `results.json`, by name."""
    made: dict[str, Student] = {}
    for data in results["submissions"]:
        key = data.get("key") or data["name"]
        page = _page(key, made)
        made[page.lower()] = _student(data, key, page, is_standin=on_standins(results))
    return sorted(made.values(), key=lambda student: student.by_name)


def _student(data: Mapping[str, Any], key: str, page: str, *, is_standin: bool) -> Student:
    checks = sorted((_of(Check, check) for check in data.get("checks") or ()), key=lambda check: check.place)
    return _of(
        Student,
        data,
        key=key,
        page=page,
        passed=data.get("pass"),
        percent=_percent(data),
        ungradable=_reason(data, checks),
        checks=checks,
        images=[
            _of(Image, image, is_standin=is_standin and bool(image.get("base"))) for image in data.get("images") or ()
        ],
    )


def _of(kind: type[T], data: Mapping[str, Any], **known: object) -> T:
    """Return a dataclass filled from JSON: what it does not know is left out, null is its default."""
    names = {each.name for each in fields(kind)}  # type: ignore[arg-type] # a dataclass
    return kind(**{name: value for name, value in data.items() if name in names and value is not None} | known)


def _percent(data: Mapping[str, Any]) -> float | None:
    score, most, percent = data.get("score"), data.get("max_score"), data.get("percent")
    return 100 * score / most if percent is None and score is not None and most else percent


def _reason(data: Mapping[str, Any], checks: list[Check]) -> str:
    """Return why the mark is withheld; a result that does not speak of it has its checks to tell."""
    if "ungradable" in data:
        said = data["ungradable"] or ""
        return str(said if isinstance(said, str) else said["reason"])
    return ", ".join(
        check.id for check in checks if check.verdict == UNGRADABLE and not (check.beyond or check.override)
    )


def _page(key: str, taken: Mapping[str, object]) -> str:
    """Return a file name that is safe in a path and in a link, on any system, and not taken."""
    name = f"{key}.html"
    if _PLAIN.fullmatch(key) and name.lower() not in taken:
        return name
    plain = re.sub(r"\W+", "-", key).strip("-")[:40] or "student"
    return f"{plain}-{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()[:10]}.html"
