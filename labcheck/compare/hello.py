"""The hello app (lab step 108), by what it says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcheck.compare import source
from labcheck.compare.model import Finding, Note, beyond, differs, equivalent, finding
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.compare.source import App

TEXT = "Hello, World!"
PORT = 5000
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - what a student is to write


def compare(text: str, reference: str) -> Finding:
    """Compare an app.py, given as text, with the reference's."""
    try:
        mine = source.read(text)
    except StudentFileError as error:
        says = _("{reason} The container ends at once at 116.").format(reason=error)
        return finding("app.py", 108, [differs(108, says, reference, text)])
    theirs = source.read(reference)
    notes = [*_answer(mine), *server(mine, 108)]
    if mine.tree != theirs.tree and not notes:
        notes.append(equivalent(108, _("The code is written otherwise; what the lab asks for is in it.")))
    return finding("app.py", 108, notes, identical=text == reference)


def _answer(mine: App) -> Iterator[Note]:
    views = mine.views("/", "GET")
    texts = sorted({text for view in views for text in view.returns})
    if not views:
        says = _("There is no view for the path /: the browser shows 404 at 116.")
        yield differs(108, says, "@app.route('/')", "\n".join(route.rule for route in mine.routes))
    elif not any(TEXT in view.returns for view in views):
        if all(view.is_plain for view in views):
            says = _("It answers another text than the lab's: {text}")
            yield differs(108, says.format(text=" ".join(texts)[:100]), TEXT, "\n".join(texts))
        else:
            yield equivalent(108, _("Its answer is put together when it runs: make check tells what it is."), TEXT)


def server(mine: App, step: int) -> Iterator[Note]:
    """Yield what is to be said of where an app listens."""
    if not mine.runs:
        says = _("Nothing starts the server: the container ends at once.")
        yield differs(step, says, "app.run(host='0.0.0.0')", "")
        return
    hosts = [str(run.get("host") or "127.0.0.1") for run in mine.runs if "host" not in run or run["host"] is not None]
    if hosts and not EVERYWHERE.intersection(hosts):
        says = _("It listens on {host}, inside the container alone: no answer through the published port at 116.")
        yield differs(step, says.format(host=hosts[-1]), "host='0.0.0.0'", f"host={hosts[-1]!r}")
    ports = [run.get("port") or PORT for run in mine.runs]
    if PORT not in ports:
        says = _("It listens on port {port}, and the lab publishes 5000: connection refused at 116.")
        yield differs(step, says.format(port=str(ports[-1])[:20]), f"port={PORT}", f"port={ports[-1]}"[:40])
    if any(run.get("debug") for run in mine.runs):
        says = _(
            "debug=True, as the lab has it, shows a debugger to everybody who gets in; FLASK_DEBUG=1 does on demand."
        )
        yield beyond(step, says, "app.run(host='0.0.0.0')", "debug=True")
