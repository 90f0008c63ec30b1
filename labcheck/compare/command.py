"""`make diff`: a student's work beside the reference, artefact by artefact, in the terminal and as a page."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labcheck import compare
from labcheck.checks.netplan_generator import generator
from labcheck.checks.testbed import LabContainer
from labcheck.compare import raw as raw_diff
from labcheck.compare.image import Image, look
from labcheck.compare.model import DIFFERS, EQUIVALENT, MISSING, SAME, UNKNOWN
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import lab as images
from labcheck.images import toolimages
from labcheck.plain import plain
from labcheck.submission import handed_in_image, image_reading, intake, submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from rich.console import Console, RenderableType

    from labcheck.compare.model import Finding, Note
    from labcheck.engine.record import Record
    from labcheck.images.bases import Source

SAME_CODE, DIFFERS_CODE, TROUBLE_CODE = 0, 1, 2  # as diff(1)
GENERATOR = images.CHECKOUT / "labcheck" / "checks" / "netplan_generator"
TEMPLATES = Path(__file__).parent / "templates"
_MARKS = {
    SAME: ("=", "green"),
    EQUIVALENT: ("≈", "green"),
    DIFFERS: ("✗", "bold red"),
    MISSING: ("-", "bold red"),
    UNKNOWN: ("?", "bold yellow"),
}
_WORDS = {
    SAME: _("same"),
    EQUIVALENT: _("equivalent"),
    DIFFERS: _("differs"),
    MISSING: _("missing"),
    UNKNOWN: _("not compared"),
}
_SHOWN_LINES, _SHOWN_LETTERS = 12, 1200  # of a side
_NAME_WIDTH = len("var_keeper/requirements")
_GENERATOR_MEMORY = "256m"  # what a student's YAML may make of itself


@dataclass(frozen=True)
class Request:
    """What is compared: a folder or file, an image, or both; `html` is where a page goes, `raw` means plain diffs."""

    path: Path | None
    image: str | None = None
    html: Path | None = None
    raw: bool = False


@dataclass(frozen=True)
class Comparison:
    """What came of comparing a submission, whose name is the student's."""

    name: str
    findings: list[Finding]

    @property
    def exit_code(self) -> int:
        """0 all same or equivalent, 1 something differs or is missing, 2 something could not be compared."""
        if any(finding.verdict == UNKNOWN for finding in self.findings):
            return TROUBLE_CODE
        return SAME_CODE if all(finding.is_right for finding in self.findings) else DIFFERS_CODE


class Tools:
    """What comparing needs of the engine, got when it is first needed: netplan's generator, and images looked into."""

    def __init__(self, engine: DockerClient, source: Source, stack: ExitStack) -> None:
        """Work on an engine, with bases from `source`; what is started ends with `stack`."""
        self._engine = engine
        self._source = source
        self._stack = stack
        self._generator: LabContainer | None = None
        self._images: dict[str, Image] = {}

    def merge(self, files: dict[str, bytes]) -> dict[str, Any]:
        """Return what netplan makes of files, as `generator.merge` says.

        Raises:
            LabcheckError: the generator cannot be built.
        """
        if self._generator is None:
            image = toolimages.ensure(self._engine, self._source, GENERATOR)
            bounded = LabContainer(image, network_mode="none", mem_limit=_GENERATOR_MEMORY, pids_limit=100)
            self._generator = self._stack.enter_context(bounded)
        return generator.merge(self._generator, files)

    def look(self, name: str) -> Image:
        """Return what is known of an image, as `compare.image.look` says."""
        if name not in self._images:
            self._images[name] = look(self._engine, name)
        return self._images[name]


def diff(record: Record, source: Source, request: Request, console: Console) -> int:
    """Compare what was handed in with the reference, show it, and return the exit code.

    Raises:
        LabcheckError: there is nothing of the lab in it, the engine is out of reach, or the page cannot be written.
    """
    with ExitStack() as stack:
        taken = stack.enter_context(intake.take_in(request.path, request.image))
        mine = taken.submission
        from_image = mine.context is None and mine.has_image
        if mine.image:
            with console.status(_("Looking for the image {name} …").format(name=plain(mine.image))) as status:
                fetched = stack.enter_context(handed_in_image.fetched(record, source, mine.image, status.update))
            mine = replace(
                mine, image=fetched.name or mine.image, image_fault=fetched.fault, image_trouble=fetched.trouble
            )
            if fetched.name:
                work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labcheck-")))
                mine = mine.completed_by(*image_reading.read(record.engine, fetched.name, work))
        tools = Tools(record.engine, source, stack)
        reference = submission.reference(images.CHECKOUT)
        found = compare.compare(mine, reference, merge=tools.merge, look=tools.look, from_image=from_image)
        comparison = Comparison(mine.name, found)
        if request.raw:
            for line in raw_diff.raw(mine, reference, taken.place):
                console.out(line, highlight=False)
        else:
            show(comparison, console)
    if request.html:
        _write(request.html, page(comparison))
    return comparison.exit_code


def show(comparison: Comparison, console: Console) -> None:
    """Print the findings, a row each, with what differs side by side."""
    width = max((len(finding.artefact) for finding in comparison.findings), default=0)
    for finding in comparison.findings:
        console.print(_row(finding, min(width, _NAME_WIDTH)))
    console.print()
    console.print(Text(_closing(comparison), style="bold"))


def page(comparison: Comparison) -> str:
    """Return the findings as a page of HTML that stands alone: nothing is loaded, no script, all text escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["side"] = _side
    environment.filters["plain"] = plain
    return environment.get_template("diff.html.jinja").render(
        name=comparison.name,
        findings=comparison.findings,
        closing=_closing(comparison),
        word=_WORDS,
        mark={verdict: mark for verdict, (mark, _style) in _MARKS.items()},
        title=_("{name} beside the reference").format(name=comparison.name),
        step=_("step"),
        reference=_("reference"),
        student=_("student"),
        beyond=_("The reference goes beyond the lab:"),
        nothing=_("nothing"),
        language=_("en"),
    )


def _closing(comparison: Comparison) -> str:
    counts = {verdict: sum(one.verdict == verdict for one in comparison.findings) for verdict in _WORDS}
    return ", ".join(f"{_WORDS[verdict]}: {count}" for verdict, count in counts.items() if count)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabcheckError(_("{file} cannot be written: {reason}").format(file=file, reason=error.strerror)) from error


def _row(finding: Finding, width: int) -> RenderableType:
    mark, style = _MARKS[finding.verdict]
    if not finding.costs:
        style = "dim"
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=1)
    table.add_column(width=width, overflow="fold")
    table.add_column(width=max(map(len, _WORDS.values())))
    table.add_column(width=3, justify="right")
    table.add_column(ratio=1)
    table.add_row(
        Text(mark, style=style),
        Text(plain(finding.artefact)),
        Text(_WORDS[finding.verdict], style=style),
        str(finding.step),
        Text(plain(finding.summary)),
    )
    return Group(table, *(Padding(part, (0, 0, 0, 4)) for part in _below(finding)))


def _below(finding: Finding) -> Iterator[RenderableType]:
    """Yield what the notes add to the row, which has said the first one's sentence."""
    said_beyond, shown = False, ("", "")
    for number, note in enumerate(finding.notes):
        if note.beyond and not said_beyond and number:
            yield Text(_("The reference goes beyond the lab:"), style="dim")
        said_beyond = note.beyond
        if number:
            yield _sentence(note)
        if note.verdict == DIFFERS and (note.reference, note.student) not in {shown, ("", "")}:
            yield _sides(note)
            shown = (note.reference, note.student)


def _sentence(note: Note) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=3, justify="right")
    table.add_column(ratio=1)
    table.add_row(str(note.step), Text(plain(note.says), style="" if note.verdict == DIFFERS else "dim"))
    return table


def _sides(note: Note) -> Table:
    table = Table(expand=True, show_edge=False, pad_edge=False, header_style="dim", border_style="dim")
    for name in (_("reference"), _("student")):
        table.add_column(name, ratio=1, overflow="fold")
    table.add_row(Text(_side(note.reference)), Text(_side(note.student)))
    return table


def _side(text: str) -> str:
    """Return a side as it is shown: without what would steer a terminal, and cut."""
    lines = plain(text.expandtabs(4)[:_SHOWN_LETTERS]).rstrip().splitlines()
    more = [_("… {count} lines more").format(count=len(lines) - _SHOWN_LINES)] if len(lines) > _SHOWN_LINES else []
    return "\n".join([*lines[:_SHOWN_LINES], *more])
