"""The pages as people see them: in Chromium, in wide and narrow windows, by day and by night, and on paper."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from selenium.common.exceptions import NoAlertPresentException

from labcheck.plain import plain
from labcheck.reports import model
from tests.reports import classroom
from tests.reports.browser import PAGES

if TYPE_CHECKING:
    from tests.reports.browser import Browser

pytestmark = pytest.mark.slow
WINDOWS = [(width, dark) for width in (1280, 400) for dark in (False, True)]
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true);"
# text whose contrast with what is behind it is below 4.5, as the browser has worked it out
FAINT = """
const parse = text => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
const ground = one => { const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
  return a > 0 || !one.parentElement ? [r, g, b] : ground(one.parentElement); };
const speaks = one => [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim());
return [...document.body.querySelectorAll('*')].filter(speaks).map(one => {
  const style = getComputedStyle(one), ink = parse(one instanceof SVGElement ? style.fill : style.color);
  const [low, high] = [light(ink), light(ground(one))].sort((a, b) => a - b);
  return [one.textContent.trim().slice(0, 40), (high + 0.05) / (low + 0.05)];
}).filter(([, contrast]) => contrast < 4.5)
"""
OVERFLOW = "return [document.scrollingElement.scrollWidth, innerWidth]"
STUCK = """
const frame = document.querySelector('.tall'), at = selector => frame.querySelector(selector).getBoundingClientRect();
frame.scrollTo(frame.scrollWidth, frame.scrollHeight / 2);
const outer = frame.getBoundingClientRect();
return [at('thead').top - outer.top, at('tr:nth-child(30) .who').left - outer.left, outer.bottom - at('tfoot').bottom];
"""


@pytest.fixture(scope="module")
def shown(results: dict[str, Any]) -> list[str]:
    """The pages that are looked at: the class, and students of all kinds."""
    by_name = {student.name: student for student in model.students(results)}
    students = [by_name[submission["name"]] for submission in results["submissions"][:10]]
    return ["index.html", *(student.link for student in students)]


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
def test_page_fits_its_window(browser: Browser, shown: list[str], width: int, dark: bool) -> None:  # noqa: FBT001 - a parameter
    """Nothing reaches out of the window, with every text opened; tables scroll in their own frames."""
    for page in shown:
        browser.show(page, width, dark=dark)
        browser.run(OPEN_ALL)
        content, window = browser.run(OVERFLOW)
        assert (page, window, content) == (page, width, width)


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read(browser: Browser, shown: list[str], dark: bool) -> None:  # noqa: FBT001 - a parameter
    """The contrast of each text that is shown is at least 4.5; the dark page is dark."""
    for page in shown:
        browser.show(page, dark=dark)
        browser.run(OPEN_ALL)
        assert (page, browser.run(FAINT)) == (page, [])
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")


def test_hostile_texts_do_nothing(browser: Browser, shown: list[str]) -> None:
    """No dialog, no element, no request but for the page itself; the text is there to read."""
    browser.requests()
    for page in (shown[0], shown[5], shown[9]):
        browser.show(page)
        browser.run(OPEN_ALL)
        with pytest.raises(NoAlertPresentException):
            browser.driver.switch_to.alert.dismiss()
        assert browser.run("return document.querySelectorAll('script, img').length") == 0
        assert browser.requests() == {f"file://{PAGES}/{page}"}
        text = browser.run("return document.body.textContent")
        assert plain(classroom.EVIL)[:60] in text
    assert plain(classroom.EVIL) in text


def test_page_needs_no_script(browser: Browser, shown: list[str]) -> None:
    """With scripts switched off the page is the same, and a check opens by a click."""
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.show(shown[0])
        summary = browser.driver.find_element("css selector", ".ranking summary")
        names = browser.driver.find_element("css selector", ".ranking .names")
        assert not names.is_displayed()
        summary.click()
        assert names.is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [1280, 400])
def test_headers_of_the_heat_map_stay(browser: Browser, shown: list[str], width: int) -> None:
    """Scrolled to the far corner, names, checks and sums are still at the edges of the frame."""
    browser.show(shown[0], width)
    assert [round(distance) for distance in browser.run(STUCK)] == [1, 1, 1]  # the frame's border


def test_student_page_prints_on_a4(browser: Browser, shown: list[str]) -> None:
    """A student's page is three sheets of A4 at most, and the first has the result and the first step that broke."""
    browser.show(shown[10])
    pdf = pypdf.PdfReader(io.BytesIO(browser.printed()))
    assert len(pdf.pages) <= 3
    assert [round(float(side) / 72 * 25.4) for side in pdf.pages[0].mediabox[2:]] == [210, 297]
    first = pdf.pages[0].extract_text()
    assert "of 100 points" in first
    assert "First step that broke" in first
