"""Whatever is sent, the keeper answers: it stores it as it is, or refuses it with one line and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from labcheck.checks.keeper import Keeper
    from labcheck.checks.testbed import Database

pytestmark = pytest.mark.slow
FORM = "application/x-www-form-urlencoded"
UNTOUCHED = "as before"
REFUSED: dict[str, tuple[str, str, dict[str, object], set[int]]] = {
    "no body": ("POST", "/var/name", {}, {400}),
    "another field": ("POST", "/var/name", {"data": {"other": "x"}}, {400}),
    "a value of 101 characters": ("POST", "/var/name", {"data": {"value": "ж" * 101}}, {400}),
    "a name of 101 characters": ("POST", "/var/" + "n" * 101, {"data": {"value": "x"}}, {400}),
    "a name of 3000 characters": ("POST", "/var/" + "n" * 3000, {"data": {"value": "x"}}, {400}),
    "an empty name": ("POST", "/var/", {"data": {"value": "x"}}, {404, 405}),
    "an empty name on the page": ("POST", "/", {"data": {"value": "x"}}, {400}),
    "NUL in the value": ("POST", "/var/name", {"data": {"value": "a\0b"}}, {400}),
    "NUL in the name": ("POST", "/var/a%00b", {"data": {"value": "x"}}, {400}),
    "bytes that are no UTF-8, escaped": ("POST", "/var/name", {"data": b"value=%ff%fe"}, {400}),
    "bytes that are no UTF-8": ("POST", "/var/name", {"data": b"value=\xff\xfe"}, {400}),
    "bytes that are no UTF-8 in a part": ("POST", "/var/name", {"files": {"value": (None, b"\xff\xfe")}}, {400}),
    "bytes that are no UTF-8 in the name": ("POST", "/var/%ff", {"data": {"value": "x"}}, {400}),
    "a file": ("POST", "/var/name", {"files": {"value": ("x.txt", b"x")}}, {400}),
    "JSON": ("POST", "/var/name", {"json": {"value": "x"}}, {415}),
    "plain text": ("POST", "/var/name", {"data": b"value=x", "headers": {"Content-Type": "text/plain"}}, {415}),
    "10 MB": ("POST", "/var/name", {"data": {"value": "x" * 10_000_000}}, {413}),
    "10 MB in pieces": (
        "POST",
        "/var/name",
        {"data": (b"x" * 100_000 for _ in range(100)), "headers": {"Content-Type": FORM}},
        {415},
    ),
    "PUT": ("PUT", "/var/name", {"data": {"value": "x"}}, {405}),
    "DELETE": ("DELETE", "/var/name", {}, {405}),
    "POST to the health": ("POST", "/healthz", {"data": {"value": "x"}}, {405}),
    "a path upwards": ("POST", "/var/..%2f..%2fetc%2fpasswd", {"data": {"value": "x"}}, {404, 405}),
    "a path with a slash": ("POST", "/var/name/", {"data": {"value": "x"}}, {404, 405}),
    "an unknown path": ("GET", "/vars", {}, {404}),
    "an unknown name": ("GET", "/var/unknown", {}, {404}),
    "an unknown name on the page": ("GET", "/?name=unknown", {}, {404}),
}


@pytest.fixture(scope="module")
def session() -> requests.Session:
    """A client that knows no proxies."""
    made = requests.Session()
    made.trust_env = False
    return made


@pytest.mark.parametrize("what", REFUSED)
def test_refused(keeper: Keeper, database: Database, session: requests.Session, what: str) -> None:
    """It is refused with the right status and one line of plain text; nothing is written, no traceback is logged."""
    method, path, options, statuses = REFUSED[what]
    keeper.keep("name", UNTOUCHED, hint="")
    before = database.execute("SELECT name, value FROM vars.vars ORDER BY name")
    answer = session.request(method, keeper.url(path), timeout=10, **options)  # type: ignore[arg-type]
    assert answer.status_code in statuses, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert len(answer.text.splitlines()) == 1
    assert database.execute("SELECT name, value FROM vars.vars ORDER BY name") == before
    assert "Traceback" not in keeper.log


def test_a_page_is_never_an_api(keeper: Keeper, session: requests.Session) -> None:
    """A value that is HTML comes back as text that no browser takes for a page; the page shows it escaped."""
    value = "<script>alert(1)</script>"
    keeper.keep("html", value, hint="")
    api = session.get(keeper.url("/var/html"), timeout=10)
    assert (api.text, api.headers["X-Content-Type-Options"]) == (value, "nosniff")
    assert api.headers["Content-Type"] == "text/plain; charset=utf-8"
    page = session.get(keeper.url("/?name=html"), timeout=10)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert value not in page.text
    assert "&lt;script&gt;" in page.text


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd"), max_size=100)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT.filter(lambda text: bool(text) and "/" not in text and text not in {".", ".."}), value=TEXT)
def test_round_trip(keeper: Keeper, session: requests.Session, name: str, value: str) -> None:
    """What was POSTed and acknowledged is what GET returns, byte for byte, whatever the text."""
    url = keeper.url("/var/" + quote(name, safe=""))
    stored = session.post(url, data={"value": value}, timeout=10)
    assert (stored.status_code, stored.text) == (200, "OK")
    assert session.get(url, timeout=10).content == value.encode()
