"""Area content: a page from a bind mount (steps 79-83). PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.checks import http
from labcheck.checks import page as pages
from labcheck.checks.page import HEADING
from labcheck.checks.staging import copy, readable
from labcheck.checks.testbed import WebApp
from labcheck.checks.verdicts import fail, mismatch, there
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bs4 import BeautifulSoup

    from labcheck.submission.submission import Submission

HTML = "/usr/share/nginx/html"  # step 81
HINT = _("index.html in the folder content, mounted with its full path: -v ~/content:/usr/share/nginx/html (80, 81).")


@pytest.fixture(scope="module")
def folder(handed_in: Submission, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder `content`, which nginx reads as a user of its own."""
    return readable(copy(there(handed_in.content), tmp_path_factory.mktemp("web") / "content"))


@pytest.fixture(scope="module")
def web(base: Callable[[str], str], folder: Path) -> Iterator[WebApp]:
    """The nginx of step 81, with the folder mounted."""
    server = WebApp(base("nginx"), port=80)
    server.with_volume_mapping(folder, HTML, "rw")
    with server:
        yield server


@pytest.fixture(scope="module")
def page(web: WebApp) -> BeautifulSoup:
    """The page that nginx serves, parsed."""
    answer = http.ask("GET", web.url(), hint=HINT)
    if answer.status != 200:
        fail(HEADING, answer, HINT)
    try:
        return pages.parse(answer.text)
    except StudentFileError as error:
        fail(HEADING, error, HINT)


@pytest.mark.lab(step=82, area="content")
def test_page_is_served(page: BeautifulSoup) -> None:
    """Nginx serves index.html from the local folder: a heading "Hello from the local directory"."""
    headings = pages.headings(page)
    assert HEADING in headings, mismatch(HEADING, ", ".join(headings) or page.get_text()[:200], HINT)


@pytest.mark.lab(step=83, area="content")
@pytest.mark.needs("content.page_is_served")
def test_heading_is_plain_or_red(page: BeautifulSoup) -> None:
    """The heading is as step 80 leaves it, or red as step 83 does."""
    styles = pages.styles(page)
    assert pages.is_red(styles) or not styles, mismatch(
        "color: red",
        "; ".join(styles),
        _('Straight quotes, not the curly ones of a word processor: style="color: red" (step 83).'),
    )


@pytest.mark.lab(step=83, area="content")
@pytest.mark.reference
def test_change_is_seen_at_once(handed_in: Submission, folder: Path, web: WebApp) -> None:
    """Step 80's page changed into step 83's on the host is what nginx serves next; both are here."""
    for name in ("index-step80.html", "index.html"):
        text = (there(handed_in.content) / name).read_text()
        (folder / "index.html").write_text(text)
        answer = http.ask("GET", web.url(), hint=HINT)
        assert answer.text == text, mismatch(text, answer, HINT)
    plain, red = ((there(handed_in.content) / name).read_text() for name in ("index-step80.html", "index.html"))
    assert red == plain.replace("<h1>", '<h1 style="color: red">'), mismatch(plain, red, HINT)
