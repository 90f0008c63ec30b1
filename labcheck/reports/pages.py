"""`index.html` and a page a student, from `results.json`: they stand alone, load nothing and need no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from labcheck.checks.rubric import AREAS
from labcheck.i18n import translator
from labcheck.outputs import files
from labcheck.plain import plain, plain_line, with_code
from labcheck.reports import heatmap, model, overview, sizes

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATES = Path(__file__).parent / "templates"
_OURS = b'<meta name="generator" content="labcheck">'  # in every page
_SHOWN_LINES, _SHOWN_LETTERS = 8, 600  # of a text, unless it is opened
_LIMIT = 10_000  # characters of a text, opened
_NAME_LIMIT = 80  # characters


@dataclass(frozen=True)
class Excerpt:
    """A text's last lines, and where that is not all of it, the `whole` that opens; `left_out` characters are gone."""

    shown: str
    whole: str
    left_out: int


def write(results: Mapping[str, Any], folder: Path, language: str | None = None) -> None:
    """Write `index.html` and `students/*.html` into `folder`, each whole or not at all.

    `results` is what `results.json` holds, `language` "en" or "ru", the reader's where None. Pages of students who
    are no longer in the results are removed.
    """
    environment = _environment(translator(language))
    students = model.students(results)
    rubric = results.get("rubric") or ""
    run = {"date": "", "engine": "", "bases": "", **(results.get("environment") or {})}
    run["rubric"] = rubric.get("digest", "")[:12] if isinstance(rubric, Mapping) else rubric
    shared = {"run": run, "standin": model.on_standins(results)}
    (folder / model.STUDENTS).mkdir(parents=True, exist_ok=True)
    page = environment.get_template("student.html.jinja")
    for student in students:
        files.replace(folder / model.STUDENTS / student.page, page.render(shared, student=student).encode())
    index = environment.get_template("index.html.jinja").render(shared, **_of_class(students))
    files.replace(folder / "index.html", index.encode())
    _remove_others(folder / model.STUDENTS, {student.page for student in students})


def excerpt(text: object) -> Excerpt:
    """Return what is shown of a text that may be long: of a log, the last lines tell what happened."""
    whole = str(text).strip("\n")
    kept = plain(whole[-_LIMIT:].expandtabs(4), 2 * _LIMIT)
    shown = "\n".join(kept.splitlines()[-_SHOWN_LINES:])[-_SHOWN_LETTERS:]
    return Excerpt(shown, "" if shown == kept else kept, max(0, len(whole) - _LIMIT))


def _of_class(students: list[model.Student]) -> dict[str, Any]:
    """Return what the instructor's page shows, its charts worked out."""
    with_mark = [student for student in students if student.has_mark]
    return {
        "students": students,
        "with_mark": with_mark,
        "median": overview.median(with_mark),
        "marks": overview.marks(with_mark),
        "first_steps": overview.first_steps(students),
        "broken": overview.broken(students),
        "grid": heatmap.grid(students),
        "sizes": sizes.chart(students),
    }


def _environment(translate: Callable[[str], str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=translate, areas=AREAS)
    environment.filters.update(
        excerpt=excerpt,
        short=lambda text: plain_line(text, _NAME_LIMIT),
        number=lambda value: f"{round(value, 1):g}",
        mb=lambda size: f"{size / sizes.MB:.1f}",
        words=_words,
        code=with_code,
    )
    return environment


def _finalize(value: object) -> object:
    """Take from everything that is shown what steers a terminal, turns the direction of writing or is no character."""
    return plain(value, _LIMIT * 2) if isinstance(value, str) and not isinstance(value, Markup) else value


def _words(value: object) -> str:
    """Return a part of the environment, a text or a table, as a line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_words(part)}" for name, part in value.items())
    return ", ".join(map(_words, value)) if isinstance(value, list) else str(value)


def _remove_others(folder: Path, pages: set[str]) -> None:
    for path in folder.glob("*.html"):
        if path.name not in pages and path.is_file() and _OURS in path.read_bytes():
            path.unlink()
