"""What a person sees of one submission's grading in the terminal: a row a check as it ends, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labcheck.checks.verdicts import FAILED, PASSED, SKIPPED, UNGRADABLE
from labcheck.i18n import _
from labcheck.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from labcheck.submission.intake import Taken

_MARKS = {PASSED: ("✓", "green"), FAILED: ("✗", "bold red"), SKIPPED: ("-", "dim"), UNGRADABLE: ("?", "bold yellow")}
_SHOWN_LINES = 12  # of what a check found: a log can be long


def found(taken: Taken) -> Table:
    """Return what was handed in and what was not, with the place of each, and what is to be said about it."""
    handed_in = taken.submission
    context = handed_in.context
    ignore = context / ".dockerignore" if context else None
    app = handed_in.app or (handed_in.keeper if handed_in.app_is_keeper else None)
    image = handed_in.image_archive.name if handed_in.image_archive else handed_in.image
    files: dict[str, list[Path | None]] = {
        "Dockerfile": [context / name for name in handed_in.dockerfiles] if context else [],
        ".dockerignore": [ignore] if ignore and ignore.is_file() else [],
        "requirements.txt": [handed_in.requirements],
        "app.py": [app],
        "var_keeper": [handed_in.keeper],
        "content": [handed_in.content],
        "netplan": [handed_in.netplan],
    }
    table = Table.grid(padding=(0, 2))
    for name, paths in files.items():
        where = [plain(taken.place(path)) for path in paths if path]
        where += [plain(image)] if name == "var_keeper" and image else []
        table.add_row(Text(name), Text(", ".join(where)) if where else Text(_("not found"), style="yellow"))
    for name in handed_in.misnamed:
        said = _("is not found under this name: file names are the lab's to the letter")
        table.add_row(Text(plain(name)), Text(said, style="yellow"))
    for note in handed_in.notes:
        table.add_row(Text(_("note")), Text(plain(note), style="dim"))
    return table


def row(check: dict[str, Any]) -> RenderableType:
    """Return the row of a check: verdict, lab step, title, points; where it did not pass, why and what helps."""
    mark, style = _MARKS[check["verdict"]]
    points = check["max_points"] if check["verdict"] == PASSED else 0
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=1)
    table.add_column(width=3, justify="right")
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    worth = Text(f"{points:g}/{check['max_points']:g}", style=style)
    table.add_row(Text(mark, style=style), str(check["step"]), Text(check["title"]), worth)
    if check["verdict"] in {PASSED, SKIPPED}:
        return table
    return Group(table, Padding(_reason(check), (0, 0, 0, 6)))


def closing(results: dict[str, Any], *, base: str) -> Group:
    """Return what it comes to: the first step that broke, why, what helps, and the points."""
    checks = results["checks"]
    scored = [check for check in checks if not check["beyond"]]
    failed = [check for check in scored if check["verdict"] == FAILED]
    ungradable = [check for check in scored if check["verdict"] == UNGRADABLE]
    is_full = results["score"] == results["max_score"]
    lines: list[RenderableType] = [Text()]
    advice = [check for check in checks if check["beyond"] and check["verdict"] == FAILED]
    if advice:
        lines += [Text(_("Advice, without points. This is not so yet:"), style="bold"), _advice(advice), Text()]
    if failed:
        first = min(failed, key=lambda check: check["step"])
        said = _("First step that broke: {step}. {title}").format(step=first["step"], title=first["title"])
        lines += [Text(said, style="bold"), Text(first["hint"])]
    lines += [Text(line) for line in _missing(results)]
    score = _("{score:g} of {max_score:g} points").format(**results)
    if ungradable:
        names = ", ".join(check["id"] for check in ungradable)
        said = _("No mark: on our side something is missing for {checks}.").format(checks=names)
        lines.append(Text(said, style="yellow"))
        score = _("{score:g} of {max_score:g} points so far").format(**results)
    lines.append(
        Text(score, style="bold yellow" if ungradable and not failed else "bold green" if is_full else "bold red")
    )
    lines.append(Text(_("Base images: {base}").format(base=base), style="dim"))
    return Group(*lines)


def _missing(results: dict[str, Any]) -> list[str]:
    """Return a line for each area of which nothing was handed in, with what that costs."""
    lines = []
    for area in results["missing"]:
        checks = [check for check in results["checks"] if check["area"] == area]
        cost = sum(check["max_points"] - check["points"] for check in checks)
        line = _("Not handed in: {area}, {cost:g} points") if cost else _("Not handed in: {area}, which costs nothing")
        lines += [line.format(area=area, cost=cost)] if checks else []
    return lines


def _advice(checks: list[dict[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=5, justify="right")
    table.add_column(ratio=1)
    for check in checks:
        table.add_row(str(check["step"]), Text(check["title"]).append("\n" + check["hint"], style="dim"))
    return table


def _reason(check: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 1))
    for name, text in ((_("expected"), check["expected"]), (_("actual"), check["actual"]), (_("hint"), check["hint"])):
        if text:
            lines = str(text).strip().splitlines()
            shown = lines[-_SHOWN_LINES:] if len(lines) > _SHOWN_LINES else lines
            table.add_row(Text(name, style="dim"), Text(plain("\n".join(shown))))
    return table
