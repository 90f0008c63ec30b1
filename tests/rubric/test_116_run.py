"""Area run: the container answers (steps 108, 109, 116). PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast

import pytest

from labcheck.checks import http, starting
from labcheck.checks.keeper import Keeper
from labcheck.checks.starting import outside_sockets, where_it_listens
from labcheck.checks.testbed import APP_PORT, WebApp
from labcheck.checks.verdicts import Mismatch, mismatch, require, skip
from labcheck.engine.containers import wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labcheck.checks.trial import Built, Trial
    from labcheck.submission.submission import Submission

GREETING = "Hello, World!"
STOP_SECONDS = 2
REQUESTS = 500
GROWTH_BYTES = 4_000_000  # the server's threads come and go; a leak of 10 KB a request is 5 MB


@pytest.fixture
def hello(app: WebApp) -> WebApp:
    """The app, where it is the one of step 108."""
    if isinstance(app, Keeper):
        skip("not handed in: the app of step 108 (app.py is var_keeper already, step 135)")
    return app


@pytest.fixture
def own_app(
    built: Built,
    hello: WebApp,  # noqa: ARG001 - it skips where there is no such app
) -> Iterator[WebApp]:
    """A container of the check's own."""
    with starting.running(WebApp(built.tag)) as started:
        yield started


@pytest.mark.lab(step=116, area="run")
def test_app_starts(app_result: WebApp | Mismatch) -> None:
    """`docker run flask` starts the app, and it listens."""
    app = require(app_result)
    app.reload()
    assert app.status == "running", mismatch("running", app.status, _("Read docker logs."))


@pytest.mark.lab(step=116, area="run")
def test_answers_on_the_published_port(app: WebApp) -> None:
    """`docker run -p 80:5000 flask` shows "Hello, World!" in a browser."""
    answer = http.ask("GET", app.url(), hint=where_it_listens(app))
    _assert_greets(app, answer)


@pytest.mark.lab(step=108, area="run")
def test_listens_on_all_interfaces(app: WebApp) -> None:
    """The app listens on all interfaces, port 5000: `host='0.0.0.0'`."""
    found = outside_sockets(app)
    assert APP_PORT in found, mismatch(APP_PORT, ", ".join(map(str, found)) or _("nothing"), where_it_listens(app))


@pytest.mark.lab(step=108, area="run")
@pytest.mark.beyond
@pytest.mark.needs("run.answers_on_the_published_port")
def test_debugger_is_out_of_reach(hello: WebApp) -> None:
    """Werkzeug's debugger, which runs any code, is off unless FLASK_DEBUG=1 asks for it."""
    hint = _("Leave debug=True out of app.run: flask run --debug, or FLASK_DEBUG=1, turns it on for the author alone.")
    script = http.ask("GET", hello.url("/?__debugger__=yes&cmd=resource&f=debugger.js"), hint=hint)
    assert "debugger" not in script.text.lower(), mismatch(_("no debugger"), _("the debugger's script is served"), hint)


@pytest.mark.lab(step=116, area="run")
@pytest.mark.beyond
def test_stops_at_once(own_app: WebApp) -> None:
    """`docker stop` ends the app within 2 s, by its own will."""
    container = own_app.get_wrapped_container()
    container.stop(timeout=STOP_SECONDS)  # after that the engine kills it: exit code 137
    code = container.wait()["StatusCode"]
    assert code in {0, 143}, mismatch(
        _("exit code 0 or 143"),
        code,
        _("Python as process 1 ignores SIGTERM: STOPSIGNAL SIGINT in the Dockerfile helps."),
    )


@pytest.mark.lab(step=116, area="run")
@pytest.mark.beyond
@pytest.mark.needs("run.answers_on_the_published_port")
def test_request_is_logged_at_once(hello: WebApp) -> None:
    """`docker logs` shows each request as soon as it is answered."""
    path = f"/{uuid.uuid4().hex}"
    hint = _("What is written must not wait in a buffer: PYTHONUNBUFFERED=1, or a server that logs to standard error.")
    http.ask("GET", hello.url(path), hint=hint)
    try:
        wait_until(hello.get_wrapped_container(), lambda: path in hello.log, "the request is in the log", seconds=2)
    except LabcheckError:
        assert path in hello.log, mismatch(path, hello.last_words, hint)


@pytest.mark.lab(step=116, area="run")
@pytest.mark.beyond
@pytest.mark.needs("run.answers_on_the_published_port")
def test_memory_does_not_grow(own_app: WebApp) -> None:
    """500 requests leave the app's memory as it was."""
    hint = _("Something is kept for every request, a list or a cache that nobody empties.")
    for _warm_up in range(REQUESTS // 10):
        http.ask("GET", own_app.url(), hint=hint)
    before = _memory(own_app)
    for _request in range(REQUESTS):
        http.ask("GET", own_app.url(), hint=hint)
    grown = _memory(own_app) - before
    assert grown < GROWTH_BYTES, mismatch(
        f"< {GROWTH_BYTES / 1e6:.1f} MB", f"{grown / 1e6:.1f} MB in {REQUESTS} requests", hint
    )


@pytest.mark.lab(step=127, area="run")
@pytest.mark.reference
def test_every_variant_answers(handed_in: Submission, trial: Trial, context: Path) -> None:
    """The hello app answers on the full base, on slim and on alpine alike."""
    for name in handed_in.dockerfiles:
        with starting.running(WebApp(require(trial.build(context, name)).tag)) as variant:
            _assert_greets(variant, http.ask("GET", variant.url(), hint=where_it_listens(variant)))


def _assert_greets(app: WebApp, answer: http.Answer) -> None:
    """The hello app greets; where var_keeper has taken its place (step 135), any answer that is no error of its own."""
    if isinstance(app, Keeper):
        assert answer.status < 500, mismatch(
            _("an answer"), answer, _("GET / of var_keeper may be 404, but not an error of the server.")
        )
    else:
        assert (answer.status, answer.text) == (200, GREETING), mismatch(
            GREETING, answer, _("The view of step 108 returns exactly this text.")
        )


def _memory(app: WebApp) -> int:
    """Return the bytes that the container's processes hold, without the page cache."""
    answer = cast("dict[str, Any]", app.get_wrapped_container().stats(stream=False, one_shot=True))
    stats = answer["memory_stats"]
    details = stats["stats"]
    return int(stats["usage"] - details.get("total_inactive_file", details.get("inactive_file", 0)))
