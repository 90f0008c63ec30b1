"""The browser of the lab's main operating system: Chromium, outside of the student's machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from selenium.common.exceptions import WebDriverException

from labcheck.walkthrough.window import Typed
from tests.reports import browser as browsers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.reports.browser import Browser


class LabBrowser:
    """One browser; what it opens is told to `said` with what it shows."""

    def __init__(self, inner: Browser, said: Callable[[Typed], None]) -> None:
        """Use a browser of the reports' tests."""
        self.driver = inner.driver
        self._said = said

    def forget(self) -> None:
        """Throw away what the browser has kept of the pages it was shown."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCache", {})

    def open(self, address: str) -> str:
        """Type something into the address bar; return the text that is shown.

        Raises:
            AssertionError: the page cannot be opened.
        """
        try:
            self.driver.get(address)
        except WebDriverException as error:
            message = f"{address} cannot be opened: {error.msg}"
            raise AssertionError(message) from None
        return self.shown(address)

    def reload(self) -> str:
        """Load the page anew, as F5 does, past what is kept of it; return the text that is shown."""
        self.driver.refresh()
        return self.shown("F5")

    def shown(self, what: str) -> str:
        """Return the text that is shown now, and tell it as what came of doing `what`."""
        text = str(self.driver.execute_script("return document.body ? document.body.innerText : ''"))
        self._said(Typed("browser", "", what, text, None))
        return text


@contextmanager
def browsing(image: str, folder: Path, said: Callable[[Typed], None]) -> Iterator[LabBrowser]:
    """Lend a browser."""
    with browsers.browsing(image, folder) as inner:
        yield LabBrowser(inner, said)
