"""Area keeper, beyond the lab: what breaks its listing. PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from labcheck.checks import starting, testbed
from labcheck.checks.keeper import Keeper
from labcheck.checks.testbed import Database
from labcheck.checks.verdicts import fail, mismatch
from labcheck.engine.containers import wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.checks.http import Answer

pytestmark = pytest.mark.needs("keeper.image", "keeper.app_starts")
LIMIT = 100  # the table's columns: VARCHAR(100), step 135
CLIENTS, ROUNDS = 8, 3
RECOVERY_SECONDS = 30
TRY_SECONDS = 15
PARAMETERS = _("Hand values over as parameters: cursor.execute('… VALUES (%s, %s)', (name, value)).")


@pytest.mark.lab(step=135, area="keeper")
@pytest.mark.beyond
def test_keeps_quotes_and_percents(new_keeper: Keeper) -> None:
    """Quotes, percent signs, backslashes, tags and letters of four bytes come back as they were."""
    for value in ("it's", 'say "yes"', "100 %s %", "back\\slash", "<b>&amp;", "😀"):
        new_keeper.keep("odd", value, hint=PARAMETERS)
        _assert_holds(new_keeper, "odd", value, PARAMETERS)


@pytest.mark.lab(step=135, area="keeper")
@pytest.mark.beyond
def test_a_name_that_is_sql_is_a_name(new_keeper: Keeper) -> None:
    """A name or a value made of SQL is stored like any other, and touches no other variable."""
    new_keeper.keep("safe", "untouched", hint=PARAMETERS)
    for text in ("x' OR '1'='1", "x'); DROP TABLE vars; -- ", "x', 'y') ON DUPLICATE KEY UPDATE value='z' -- "):
        new_keeper.keep(text, text, hint=PARAMETERS)
        _assert_holds(new_keeper, text, text, PARAMETERS)
    _assert_holds(new_keeper, "safe", "untouched", PARAMETERS)


@pytest.mark.lab(step=135, area="keeper")
@pytest.mark.beyond
def test_hundred_characters_fit_and_more_are_refused(new_keeper: Keeper) -> None:
    """100 characters are stored, of any alphabet; 101 are refused with 400 and a reason, and change nothing."""
    hint = _("The column is VARCHAR(100): count before you store, and answer 400 with a reason.")
    full = "ж" * LIMIT
    new_keeper.keep(full, full, hint=hint)
    _assert_holds(new_keeper, full, full, hint)
    for name, value in ((full, full + "x"), (full + "x", "x")):
        _assert_refused(new_keeper.keep(name, value, hint=hint), hint)
    _assert_holds(new_keeper, full, full, hint)


@pytest.mark.lab(step=142, area="keeper")
@pytest.mark.beyond
def test_no_value_is_refused(new_keeper: Keeper) -> None:
    """A form without the field `value` is refused with 400 and a reason, and changes nothing."""
    hint = _("request.form.get('value') is None then: answer 400.")
    new_keeper.keep("name", "as before", hint=hint)
    _assert_refused(new_keeper.keep("name", None, hint=hint), hint)
    _assert_holds(new_keeper, "name", "as before", hint)


@pytest.mark.lab(step=143, area="keeper")
@pytest.mark.beyond
def test_unknown_name_is_not_found(new_keeper: Keeper) -> None:
    """A name that nobody stored is answered with 404, also one that differs in case alone."""
    hint = _("fetchall() is empty then: answer 404.")
    new_keeper.keep("name", "value", hint=hint)
    for name in ("other", "NAME"):
        answer = new_keeper.value_of(name, hint=hint)
        assert answer.status == 404, mismatch(404, answer, hint)


@pytest.mark.lab(step=141, area="keeper")
@pytest.mark.beyond
def test_eight_clients_at_once(new_keeper: Keeper) -> None:
    """Eight clients that write and read at once all get their own values back."""
    hint = _(
        "One connection cannot serve two requests at once: open one for each request, or keep one for each thread."
    )

    def client(number: int) -> list[Answer]:
        answers = []
        for turn in range(ROUNDS):
            new_keeper.keep(f"client-{number}", f"{number}/{turn}", hint=hint)
            answers.append(new_keeper.value_of(f"client-{number}", hint=hint))
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        for number, answers in enumerate(pool.map(client, range(CLIENTS))):
            for turn, answer in enumerate(answers):
                expected = f"{number}/{turn}"
                assert (answer.status, answer.text) == (200, expected), mismatch(expected, answer, hint)


@pytest.mark.lab(step=141, area="keeper")
@pytest.mark.beyond
def test_survives_a_restart_of_its_database(new_keeper: Keeper, own_database: Database) -> None:
    """After `docker restart db` it answers again, without a restart of its own, and knows the values."""
    hint = _("A connection ends with its server: connect anew, and try again.")
    new_keeper.keep("name", "value", hint=hint)
    own_database.restart()
    _assert_comes(new_keeper, lambda: new_keeper.value_of("name", hint=hint), "value", hint)


@pytest.mark.lab(step=141, area="keeper")
@pytest.mark.beyond
def test_waits_for_its_database(keeper_image: str, mysql: str) -> None:
    """Started before its database, it serves as soon as that is there."""
    hint = _("Try to connect again until the database answers, or connect at the first request.")
    with (
        testbed.network() as network,
        starting.running(Keeper(keeper_image, network=network, wait=False)) as keeper,
    ):
        container = keeper.get_wrapped_container()
        with suppress(LabcheckError):  # it ended: it has tried
            wait_until(container, lambda: bool(keeper.log or testbed.listening(container)), "it has tried", TRY_SECONDS)
        with Database(mysql, network):
            _assert_comes(keeper, lambda: keeper.keep("name", "value", hint=hint), "OK", hint)
            # another of its processes may answer, and connect a moment later
            _assert_comes(keeper, lambda: keeper.value_of("name", hint=hint), "value", hint)


def _assert_comes(keeper: Keeper, request: Callable[[], Answer], expected: str, hint: str) -> None:
    """Send the request until the answer comes, for as long as a database may take to start."""
    last: list[object] = []

    def came() -> bool:
        try:
            answer = request()
        except AssertionError as error:
            last.append(error)
            return False
        last.append(answer)
        return (answer.status, answer.text) == (200, expected)

    with suppress(LabcheckError):
        wait_until(keeper.get_wrapped_container(), came, expected, RECOVERY_SECONDS)
        return
    fail(expected, last[-1], hint)


def _assert_holds(keeper: Keeper, name: str, value: str, hint: str) -> None:
    answer = keeper.value_of(name, hint=hint)
    assert (answer.status, answer.text) == (200, value), mismatch(value, answer, hint)


def _assert_refused(answer: Answer, hint: str) -> None:
    assert answer.status == 400, mismatch(_("400 and a reason"), answer, hint)
    assert answer.text.strip(), mismatch(_("a reason"), answer, hint)
