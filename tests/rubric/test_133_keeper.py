"""Area keeper: var_keeper and its database (steps 133-143). PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from labcheck.checks import http, starting, testbed
from labcheck.checks.keeper import Keeper
from labcheck.checks.testbed import Database
from labcheck.checks.verdicts import Mismatch, mismatch, require
from labcheck.engine.containers import wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from tests.rubric.conftest import Measured, Weighed

MB = 1_000_000
TOKEN = uuid.uuid4().hex[:8]  # in every value: nobody can know the answers beforehand
# step 141; the lab's listing prints it in Cyrillic, a student may well type it in Latin
STEPS = ("Connection to db", "Create db", "Change db", "Create table")
LINES = [re.compile(rf"{step}:\s*[ОO][КK]") for step in STEPS]  # noqa: RUF001 - see above
LOG_SECONDS = 5
GREETING = "Hello, World!"  # of the app that it takes the place of (step 108)
LATIN_OK, CYRILLIC_OK = "OK", "ОК"  # noqa: RUF001 - they look the same to a student: both count
STORE = _("POST /var/NAME stores the form field value and returns OK (step 142).")
FIELD = _("What was sent did not arrive: app.py reads the form field value, and no other: request.form['value'] (142).")
READ = _("GET /var/NAME returns the value alone, as text (step 143).")


def _connected(log: str) -> bool:
    """Return whether a log has the four lines in their order; a server may print its own between them."""
    position = 0
    for line in LINES:
        found = line.search(log, position)
        if not found:
            return False
        position = found.end()
    return True


@pytest.mark.lab(step=137, area="keeper")
def test_image(keeper_image_result: str | Mismatch) -> None:
    """There is an image of var_keeper: as handed in, by a Dockerfile, or made of a container (steps 133-137)."""
    image = require(keeper_image_result)
    assert image, mismatch("var_keeper", image, _("docker commit makes it (step 137)."))


@pytest.mark.lab(step=131, area="keeper")
@pytest.mark.needs("keeper.image")
def test_image_is_not_the_full_one(
    engine: DockerClient, base: Callable[[str], str], keeper_image: str, measured: Measured, weighed: Weighed
) -> None:
    """The image of var_keeper stands on the small one: `flask:latest` is the alpine image by then."""
    size, full = images.size(engine, keeper_image), images.size(engine, base("python:3.10.6"))
    weighed("var_keeper", keeper_image)
    measured(f"image of var_keeper: {size / MB:.1f} MB")
    assert size * 4 <= full, mismatch(
        _("at most {mb:.0f} MB").format(mb=full / 4 / MB),
        f"{size / MB:.0f} MB",
        _("docker image tag flask:alpine flask:latest comes before the container is started (steps 131, 133)."),
    )


@pytest.mark.lab(step=141, area="keeper")
@pytest.mark.needs("keeper.image")
def test_app_starts(keeper_result: Keeper | Mismatch) -> None:
    """`docker run --network=net var_keeper` starts the app, and it listens."""
    keeper = require(keeper_result)
    keeper.reload()
    assert keeper.status == "running", mismatch("running", keeper.status, _("Read docker logs."))


@pytest.mark.lab(step=141, area="keeper")
@pytest.mark.needs("keeper.app_starts")
def test_connects_to_its_database(keeper: Keeper) -> None:
    """The log has the four lines from "Connection to db:ОК" to "Create table:ОК"."""  # noqa: RUF002 - the lab's
    try:
        wait_until(keeper.get_wrapped_container(), lambda: _connected(keeper.log), "four lines", LOG_SECONDS)
    except LabcheckError:
        expected = "\n".join(f"{step}:{CYRILLIC_OK}" for step in STEPS)
        assert _connected(keeper.log), mismatch(expected, keeper.last_words, _database_hint(keeper))


@pytest.mark.lab(step=142, area="keeper")
@pytest.mark.needs("keeper.app_starts")
def test_stores_a_value(keeper: Keeper) -> None:
    """POST to /var/a is answered with OK."""
    answer = keeper.keep("a", "1", hint=STORE)
    said = (answer.status, answer.text.strip())
    assert said in {(200, LATIN_OK), (200, CYRILLIC_OK)}, mismatch(LATIN_OK, answer, _database_hint(keeper))


@pytest.mark.lab(step=143, area="keeper")
@pytest.mark.needs("keeper.stores_a_value")
def test_returns_the_value(keeper: Keeper) -> None:
    """GET of /var/a shows what was stored, and each variable has its own value."""
    values = {"first": f"one {TOKEN}", "second": f"two {TOKEN}"}
    for name, value in values.items():
        keeper.keep(name, value, hint=STORE)
    for name, value in values.items():
        _assert_holds(keeper, name, value, hint=FIELD)


@pytest.mark.lab(step=142, area="keeper")
@pytest.mark.needs("keeper.stores_a_value", "keeper.returns_the_value")
def test_overwrites_a_value(keeper: Keeper) -> None:
    """A second POST to the same name replaces the value."""
    for value in ("before", f"after {TOKEN}"):
        keeper.keep("again", value, hint=STORE)
    _assert_holds(keeper, "again", f"after {TOKEN}")


@pytest.mark.lab(step=142, area="keeper")
@pytest.mark.needs("keeper.stores_a_value", "keeper.returns_the_value")
def test_keeps_any_letter(keeper: Keeper) -> None:
    """Values in Russian and other scripts, with spaces, come back as they were."""
    for name, value in (("russian", f"два слова {TOKEN}"), ("others", f"Ünïcödé 漢字 {TOKEN}")):
        keeper.keep(name, value, hint=STORE)
        _assert_holds(keeper, name, value)


@pytest.mark.lab(step=140, area="keeper")
@pytest.mark.needs("keeper.stores_a_value", "keeper.returns_the_value")
def test_values_outlive_both_containers(keeper_image: str, mysql: str, own_volume: str) -> None:
    """A new keeper with a new database on the same volume `vars` still knows the values."""
    for value in (f"kept {TOKEN}", None):
        with (
            testbed.network() as network,
            Database(mysql, network, own_volume),
            starting.running(Keeper(keeper_image, network=network)) as keeper,
        ):
            if value:
                keeper.keep("lasting", value, hint=STORE)
            _assert_holds(keeper, "lasting", f"kept {TOKEN}")


def _assert_holds(keeper: Keeper, name: str, value: str, *, hint: str = READ) -> None:
    answer = keeper.value_of(name, hint=READ)
    lost = answer.status >= 400 or answer.text in {"", "None", "null"}  # 400: an error, or not found
    assert (answer.status, answer.text) == (200, value), mismatch(value, answer, hint if lost else READ)


def _database_hint(keeper: Keeper) -> str:
    log = keeper.log
    if STEPS[0] not in log and _greets(keeper):
        return _(
            "The image holds another app than var_keeper: docker cp was forgotten, or the image was pushed before the "
            "last change (steps 136, 137, 148)."
        )
    if "Access denied" in log:
        return _(
            "The password in app.py is not the one of the database, 123; an old volume keeps an old password (140)."
        )
    if "caching_sha2_password" in log:
        return _("That is another package: pip install mysql-connector-python, not mysql-connector (step 134).")
    if re.search(r"200[235].*(?:localhost|127\.0\.0\.1|::1)", log):
        return _(
            "app.py looks for the database on localhost, which in a container is the container itself: "
            "host='db' (steps 135, 141)."
        )
    if "2003" in log or "2005" in log:
        return _(
            "The database is called db and is on the same network: host='db', --network=net (steps 135, 140, 141)."
        )
    return _("Is app.py the one of step 135, copied before docker commit (steps 136, 137)?")


def _greets(keeper: Keeper) -> bool:
    """Tell whether it is the hello app of step 108."""
    with suppress(AssertionError):
        return http.ask("GET", keeper.url(), hint="").text == GREETING
    return False
