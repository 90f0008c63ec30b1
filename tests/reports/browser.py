"""Debian's Chromium, headless, in a container: shows a folder's pages in windows of any width, by day and night."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig

from labcheck.checks.testbed import WebApp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = "/tmp/pages"  # noqa: S108 - in the container
_FLAGS = ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars")
_SECONDS = 60


class Browser:
    """One window, on the pages that were copied beside it."""

    def __init__(self, driver: webdriver.Remote) -> None:
        """Drive `driver`."""
        self.driver = driver

    def show(self, page: str, width: int = 1280, *, dark: bool = False) -> None:
        """Open a page of the folder in a window so wide, in the dark or not."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get(f"file://{PAGES}/{page}")

    def run(self, script: str) -> Any:  # noqa: ANN401 - whatever the script returns
        """Return what a script of ours, which the page's own policy does not bind, returns."""
        return self.driver.execute_script(script)

    def picture(self, *, whole: bool = True) -> bytes:
        """Return the page as a PNG, from top to bottom or as far as the window shows it."""
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": whole})
        return base64.b64decode(taken["data"])

    def printed(self) -> bytes:
        """Return the page as a PDF, as the browser prints it on the paper that the page asks for."""
        options = {"preferCSSPageSize": True, "printBackground": False}
        return base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", options)["data"])

    def requests(self) -> set[str]:
        """Return the addresses that were asked for since the last call."""
        log = self.driver.execute("getLog", {"type": "performance"})["value"]
        messages = [json.loads(entry["message"])["message"] for entry in log]
        return {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}


@contextmanager
def browsing(image: str, folder: Path) -> Iterator[Browser]:
    """Lend a browser that has a copy of the folder's pages."""
    options = webdriver.ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    # never connect in advance: nginx, told to stop, waits for such a connection until it is killed
    options.add_experimental_option("prefs", {"net.network_prediction_options": 2})
    for flag in _FLAGS:
        options.add_argument(flag)
    with WebApp(image, port=4444) as container:
        container.get_wrapped_container().put_archive("/tmp", _packed(folder))  # noqa: S108 - in the container
        config = ClientConfig(container.url(""), timeout=_SECONDS, proxy=Proxy({"proxyType": ProxyType.DIRECT}))
        driver = webdriver.Remote(config.remote_server_addr, options=options, client_config=config)
        driver.set_page_load_timeout(_SECONDS)
        try:
            yield Browser(driver)
        finally:
            driver.quit()


def _packed(folder: Path) -> bytes:
    """Return the folder as an archive that anybody may read: the browser is nobody."""

    def readable(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, "pages", filter=readable)
    return buffer.getvalue()
