"""OUT, the folder that what we write about a class goes to: never into the class, which it would become a part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from pathlib import Path


def check_outside(out: Path, path: Path) -> None:
    """Refuse an `out` that lies in the class at `path`.

    Raises:
        LabcheckError: it does.
    """
    if out.resolve().is_relative_to(path.resolve()):
        raise LabcheckError(_("OUT has to lie outside of the class: {folder}").format(folder=out))


def make(*folders: Path) -> None:
    """Make the folders that are not there, in this order.

    Raises:
        LabcheckError: one cannot be made.
    """
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = _("{path} cannot be made: {reason}").format(path=error.filename, reason=error.strerror)
        raise LabcheckError(said) from error
