"""Four verdicts of a check, and how a check says what it expected, what it found, and what would help.

passed, failed, skipped (what it depends on failed, or was not handed in) and ungradable: our side's trouble, an engine
or a base image or a registry out of reach. Ungradable withholds points, it never takes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from labcheck.i18n import _
from labcheck.plain import plain

if TYPE_CHECKING:
    from typing import NoReturn

T = TypeVar("T")
PASSED, FAILED, SKIPPED, UNGRADABLE = "passed", "failed", "skipped", "ungradable"


class Mismatch:
    """What an assertion of the rubric says; kept in parts, because reports show them apart."""

    def __init__(self, expected: object, actual: object, hint: str) -> None:
        """Take what was expected and found, and a hint that says what to do, for a student: as plain text, cut."""
        self.expected = plain(expected)
        self.actual = plain(actual)
        self.hint = plain(hint)

    def __str__(self) -> str:
        """Return the three parts, each with its name."""
        parts = ((_("expected"), self.expected), (_("actual"), self.actual), (_("hint"), self.hint))
        return "\n".join(f"{name}: {text}" for name, text in parts)


def mismatch(expected: object, actual: object, hint: str) -> Mismatch:
    """Put together what an assertion says where it does not hold: the second argument of `assert`."""
    return Mismatch(expected, actual, hint)


def fail(expected: object, actual: object, hint: str) -> NoReturn:
    """End the check as failed: for what no comparison shows, an app that hung up, a build that stopped."""
    raise AssertionError(Mismatch(expected, actual, hint))


def require(result: T | Mismatch) -> T:
    """Return what was made, or end the check as failed with the reason why it could not be."""
    if isinstance(result, Mismatch):
        raise AssertionError(result)  # noqa: TRY004 - it is a check that fails
    return result


def there(thing: T | None) -> T:
    """Return what a check is about, or end it as skipped because nothing like it was handed in."""
    if thing is None:
        skip(_("not handed in"))
    return thing


def skip(reason: str) -> NoReturn:
    """End the check as skipped; the reason says what was not checked."""
    pytest.skip(reason)


class UngradableError(Exception):
    """Our side cannot check this; the message says what is missing, not what the student did."""


def verdict_of(error: BaseException | None) -> str:
    """Return the verdict that an outcome of a check means; whatever nobody foresaw is not the student's fault."""
    if error is None:
        return PASSED
    if isinstance(error, AssertionError):
        return FAILED
    if isinstance(error, pytest.skip.Exception):
        return SKIPPED
    return UNGRADABLE


def parts_of(error: BaseException | None) -> Mismatch:
    """Return what was expected, what was found and the hint, as far as the error says."""
    if isinstance(error, AssertionError) and error.args and isinstance(error.args[0], Mismatch):
        return error.args[0]
    return Mismatch("", "" if error is None else str(error), "")
