"""What is wrong with a setting, in the reader's language and by the name that `make` gives it."""

from __future__ import annotations

from typing import Any

import click

from labcheck.i18n import _


def worded(error: click.UsageError) -> str:
    """Return a sentence in place of click's, which knows options alone: `OUT` where it says `--out`."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        return error.format_message()
    setting = parameter.envvar or parameter.opts[0]
    if isinstance(error, click.MissingParameter):
        return _("{setting} is missing: say {setting}=…").format(setting=setting)
    wanted = _wanted(parameter.type)
    return _("{setting} has to be {wanted}.").format(setting=setting, wanted=wanted) if wanted else error.message


def _wanted(kind: click.ParamType[Any]) -> str:
    if isinstance(kind, (click.IntRange, click.FloatRange)):
        return _("a number from {least} to {most}").format(least=kind.min, most=kind.max)
    if isinstance(kind, click.Choice):
        shown = (choice if choice.isalnum() else f'"{choice}"' for choice in kind.choices)
        return _("one of {choices}").format(choices=" ".join(shown))
    if isinstance(kind, click.types.BoolParamType):
        return _("1 or 0")
    if isinstance(kind, click.Path) and not kind.file_okay:
        return _("a folder, and one that can be used")
    if isinstance(kind, click.Path) and not kind.dir_okay:
        return _("a file, and one that can be used")
    return ""
