"""Requests that are carried out together: none is lost, none comes too late, and none suffers by another (lab 142)."""

from __future__ import annotations

import importlib.util
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest
from mysql.connector.errors import DatabaseError, OperationalError, ReadTimeoutError

from labcheck.images.lab import CHECKOUT
from tests.keeper.conftest import connected

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from labcheck.checks.keeper import Keeper
    from labcheck.checks.testbed import Database

CLIENTS = 8
PROMPT_SECONDS = 1  # how long the database itself waits for a row's lock, at least


class Recorder:
    """A connection, and its cursor, that carries nothing out."""

    def __init__(self, happens: Callable[[str], None] = lambda _statement: None) -> None:
        """Call `happens` with each statement."""
        self.statements: list[tuple[str, Any]] = []
        self.undone = self.closed = 0
        self._happens = happens

    def cursor(self) -> Recorder:
        """Return itself."""
        return self

    def execute(self, statement: str, values: Any = ()) -> None:  # noqa: ANN401 - as the connector's
        """Note a statement."""
        self.statements.append((statement, values))
        self._happens(statement)

    def rollback(self) -> None:
        """Count it."""
        self.undone += 1

    def close(self) -> None:
        """Count it."""
        self.closed += 1


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The reference's module, not started."""
    spec = importlib.util.spec_from_file_location("reference_keeper", CHECKOUT / "var_keeper" / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_given_up_before_its_turn_is_not_carried_out(app: ModuleType) -> None:
    """A write that was answered 503 while it waited for its turn is never carried out."""
    connection = Recorder()
    app.carry_out(app.write, connection, [("name", "value", _box("given up"))])
    assert not connection.statements


def test_given_up_before_its_commit_is_undone(app: ModuleType) -> None:
    """A write that was answered 503 while the database was at work on it is not committed."""
    late, other = ("late", "1", _box()), ("other", "2", _box())
    connection = Recorder(lambda statement: late[2].put("given up") if statement.startswith("INSERT") else None)
    with pytest.raises(TimeoutError):  # the connection is dropped, which undoes it; the other one is asked again
        app.carry_out(app.write, connection, [late, other])
    assert [statement.split()[0] for statement, _values in connection.statements] == ["SELECT", "INSERT"]
    assert other[2].empty()


@pytest.mark.parametrize("error", [ReadTimeoutError(errno=3024), OperationalError(errno=2013), ValueError("torn")])
def test_nothing_is_asked_after_no_answer(app: ModuleType, error: Exception) -> None:
    """Where the server gave no answer, its connection is asked nothing more: that answer might still come."""
    asked = []

    def read(_cursor: Recorder, waiting: list[Any]) -> dict[str, str]:
        asked.append(waiting)
        raise error

    connection = Recorder()
    with pytest.raises(type(error)):
        app.carry_out(read, connection, [("a", "", _box()), ("b", "", _box())])
    assert (len(asked), connection.undone) == (1, 0)


def test_of_one_name_the_last_write_wins(app: ModuleType) -> None:
    """Of several values for one name the one sent last is stored, and all are acknowledged; names are in order."""
    asked = [(*words, _box()) for words in (("b", "1"), ("a", "2"), ("b", "3"))]
    connection = Recorder()
    app.carry_out(app.write, connection, asked)
    (insert,) = [values for statement, values in connection.statements if statement.startswith("INSERT")]
    assert insert == ["a", "2", "b", "3"]
    assert [box.get_nowait() for _name, _value, box in asked] == ["OK"] * 3


@pytest.mark.parametrize(("number", "closed"), [(1366, 1), (1205, 0), (1213, 0), (3024, 0)])
def test_one_that_fails_fails_alone(app: ModuleType, number: int, closed: int) -> None:
    """What the database refuses of one write, or cannot lock, is answered to that one alone; the others are stored."""
    boxes = {name: _box() for name in ("a", "bad", "z")}
    refused = DatabaseError("refused", errno=number, sqlstate="HY000")

    def write(_cursor: Recorder, waiting: list[tuple[str, str, Any]]) -> dict[str, str]:
        names = [name for name, _value, _box in waiting]
        if "bad" in names:
            raise refused
        return dict.fromkeys(names, "OK")

    connection = Recorder()
    app.carry_out(write, connection, [(name, "value", box) for name, box in boxes.items()])
    assert {name: box.get_nowait() for name, box in boxes.items()} == {"a": "OK", "bad": refused, "z": "OK"}
    assert (connection.undone, connection.closed) == (2, closed)


@pytest.mark.slow
def test_given_up_is_not_carried_out_later(keeper: Keeper, database: Database) -> None:
    """A write whose row is locked for longer than the keeper waits is answered 503 in time, and stays undone."""
    keeper.keep("given-up", "before", hint="")
    with connected(database) as holder, ThreadPoolExecutor(CLIENTS) as pool:
        _lock(holder, "given-up")
        begun = time.monotonic()
        answers = list(pool.map(lambda number: keeper.keep("given-up", str(number), hint=""), range(CLIENTS)))
        took = time.monotonic() - begun
        holder.execute("ROLLBACK")
        assert {answer.status for answer in answers} == {503}
        assert took < 2 + PROMPT_SECONDS
        # every process of the keeper's has written again: what was left over from before would be stored by now
        others = pool.map(lambda number: keeper.keep(f"after-{number}", "x", hint=""), range(4 * CLIENTS))
        assert {answer.text for answer in others} == {"OK"}
    assert keeper.value_of("given-up", hint="").text == "before"


@pytest.mark.slow
def test_a_locked_row_stops_no_other(keeper: Keeper, database: Database) -> None:
    """While clients wait for a row that somebody locks, writes of other names are stored as promptly as ever."""
    keeper.keep("locked", "before", hint="")
    with connected(database) as holder, ThreadPoolExecutor(CLIENTS) as pool:
        _lock(holder, "locked")
        blocked = [pool.submit(keeper.keep, "locked", "after", hint="") for _ in range(CLIENTS // 2)]
        taken = []
        while not all(answer.done() for answer in blocked):
            begun = time.monotonic()
            others = pool.map(lambda number: keeper.keep(f"free-{number}", "x", hint=""), range(CLIENTS // 2))
            assert {answer.text for answer in others} == {"OK"}
            taken.append(time.monotonic() - begun)
        holder.execute("ROLLBACK")
        assert {answer.result().status for answer in blocked} == {503}
    assert max(taken) < PROMPT_SECONDS, taken
    assert len(taken) > 1, taken


@pytest.mark.slow
def test_a_refused_value_stops_no_other(keeper: Keeper, database: Database) -> None:
    """A value that the database refuses is answered 503; what came together with it is stored."""
    keeper.keep("a", "1", hint="")  # there is a table
    database.execute(
        "USE vars; CREATE TRIGGER refuse BEFORE INSERT ON vars FOR EACH ROW "
        "SET NEW.value = IF(NEW.value = 'refused', (SELECT 1 UNION SELECT 2), NEW.value)"
    )
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for turn in range(5):
                values = {f"name-{number}": f"{turn}" if number else "refused" for number in range(CLIENTS)}
                answers = dict(
                    zip(values, pool.map(lambda each: keeper.keep(*each, hint=""), values.items()), strict=True)
                )
                assert {name for name, answer in answers.items() if answer.text != "OK"} == {"name-0"}
                assert answers["name-0"].status == 503
                for name in list(values)[1:]:
                    assert keeper.value_of(name, hint="").text == f"{turn}"
    finally:
        database.execute("DROP TRIGGER vars.refuse")


@pytest.mark.slow
def test_writes_to_one_name_at_once(keeper: Keeper) -> None:
    """Of writes to one name at once each is acknowledged, one of them holds, and a later one always replaces it."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        for turn in range(10):
            values = [f"{turn}-{number}" for number in range(CLIENTS)]
            answers = pool.map(lambda value: keeper.keep("one", value, hint=""), values)
            assert {answer.text for answer in answers} == {"OK"}
            held = {answer.text for answer in pool.map(lambda _: keeper.value_of("one", hint=""), range(CLIENTS))}
            assert len(held) == 1
            assert held <= set(values)
            keeper.keep("one", f"{turn}-last", hint="")
            assert keeper.value_of("one", hint="").text == f"{turn}-last"


def _box(*answers: object) -> SimpleQueue[object]:
    """Return where an answer goes, with answers in it."""
    box = SimpleQueue[object]()
    for answer in answers:
        box.put(answer)
    return box


def _lock(holder: Any, name: str) -> None:  # noqa: ANN401 - a cursor
    """Lock the row of a name until ROLLBACK."""
    holder.execute("BEGIN")
    holder.execute("SELECT value FROM vars.vars WHERE name = %s FOR UPDATE", (name,))
    holder.fetchall()
