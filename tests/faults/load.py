"""Clients that write and read without a pause, and remember what was acknowledged."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from labcheck.engine.containers import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker.models.containers import Container

WRITES_PER_NAME = 10  # then the writer goes on to a name that was never used
LONGEST_SECONDS = 5  # no answer takes longer, whatever happens
HARD_LIMIT_SECONDS = 15


@dataclass
class Variable:
    """A variable that one writer alone writes, with numbers that grow."""

    name: str
    acknowledged: int | None = None
    unsure: list[int] = field(default_factory=list)  # sent after it, and not acknowledged: it may hold or not

    def allows(self, value: int | None) -> bool:
        """Tell whether the variable may hold `value` now; None: it does not exist."""
        return value == self.acknowledged or value in self.unsure


class Load:
    """Writers and readers of a keeper; `stop` ends them."""

    def __init__(self, url: str, writers: int = 4, readers: int = 2) -> None:
        """Prepare for the keeper at `url`."""
        self.url = url
        self.variables: list[list[Variable]] = [[] for _ in range(writers)]
        self.acknowledged_at = [0.0] * writers  # when the last acknowledged write of each writer had begun
        self.acknowledged = 0
        self.answers: Counter[object] = Counter()  # by status, or "no answer"
        self.wrong: list[str] = []  # what must never be
        self.longest = 0.0  # seconds
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(writers)]
        self._threads += [threading.Thread(target=self._read, args=(number,)) for number in range(readers)]

    def start(self) -> None:
        """Start the clients."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the clients; what they have begun is still answered."""
        self._ends.set()
        for thread in self._threads:
            thread.join(timeout=2 * HARD_LIMIT_SECONDS)

    def all_write(self, keeper: Container, seconds: float = HARD_LIMIT_SECONDS) -> None:
        """Wait until every writer got an acknowledgement for a write begun after now.

        Raises:
            LabcheckError: not in time, or the keeper's container ended.
        """
        now = time.monotonic()
        wait_until(keeper, lambda: min(self.acknowledged_at) > now, "every writer's write is acknowledged", seconds)

    def lost(self, rows: Iterable[tuple[str, str]]) -> list[str]:
        """Return what the rows of the table contradict: an acknowledged write that is lost, a value never written."""
        held = {name: int(value) for name, value in rows}
        return [
            f"{variable.name}: holds {held.get(variable.name)}, acknowledged {variable.acknowledged}, "
            f"then without an acknowledgement {variable.unsure}"
            for of_a_writer in self.variables
            for variable in of_a_writer
            if not variable.allows(held.get(variable.name))
        ]

    def _ask(self, session: requests.Session, method: str, name: str, value: int | None = None) -> tuple[int, str]:
        begun = time.monotonic()
        data = None if value is None else {"value": str(value)}
        try:
            answer = session.request(method, f"{self.url}/var/{name}", data=data, timeout=HARD_LIMIT_SECONDS)
            status, text = answer.status_code, answer.text
        except requests.RequestException:
            status, text = 0, ""
        took = time.monotonic() - begun
        with self._lock:
            self.answers[status or "no answer"] += 1
            self.longest = max(self.longest, took)
            if took > LONGEST_SECONDS:
                self.wrong.append(f"{method} {name}: {status} after {took:.1f} s")
            if status == requests.codes.unavailable and len(text.splitlines()) != 1:
                self.wrong.append(f"503 without a reason: {text!r}")
            if status not in {0, 200, 404, 503}:
                self.wrong.append(f"{method} {name}: {status} {text!r}")
        if not status:  # nobody listens: ask again, but not ten thousand times a second
            self._ends.wait(0.05)
        return status, text

    def _write(self, writer: int) -> None:
        number = 0
        with _session() as session:
            while not self._ends.is_set():
                variable = Variable(f"writer-{writer}-{number}")
                self.variables[writer].append(variable)
                for _ in range(WRITES_PER_NAME):
                    number += 1
                    variable.unsure.append(number)  # before it is sent: from now on, a reader may see it
                    begun = time.monotonic()
                    status, text = self._ask(session, "POST", variable.name, number)
                    if (status, text) == (200, "OK"):
                        variable.acknowledged, variable.unsure = number, []
                        self.acknowledged_at[writer] = begun
                        with self._lock:
                            self.acknowledged += 1
                    elif status in {200, 404}:
                        self.wrong.append(f"POST {variable.name}: {status} {text!r}")

    def _read(self, reader: int) -> None:
        choice = random.Random(reader)  # noqa: S311 - which variable is read need not be a secret
        with _session() as session:
            while not self._ends.is_set():
                variables = choice.choice(self.variables)
                if not variables:
                    continue
                variable = choice.choice(variables[-2:])
                at_least = variable.acknowledged or 0
                status, text = self._ask(session, "GET", variable.name)
                at_most = max([variable.acknowledged or 0, *variable.unsure])
                value = int(text) if status == requests.codes.ok else 0
                if status in {200, 404} and not at_least <= value <= at_most:
                    self.wrong.append(f"GET {variable.name}: {status} {text!r}, not from {at_least} to {at_most}")


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy of this machine's does not know its own addresses
    return session
