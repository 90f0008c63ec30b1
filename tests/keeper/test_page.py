"""The keeper's page in a real browser: Debian's Chromium, headless, in a container beside it (lab steps 142, 143)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.support.expected_conditions import url_matches
from selenium.webdriver.support.wait import WebDriverWait

from labcheck.checks.testbed import WebApp
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from testcontainers.core.network import Network

    from labcheck.checks.keeper import Keeper
    from labcheck.images.bases import Source

pytestmark = pytest.mark.slow
PAGE = "http://keeper:5000/"
SECONDS = 20


@pytest.fixture(scope="module")
def browser(engine: DockerClient, source: Source, own_network: Network) -> Iterator[webdriver.Remote]:
    """A browser on the network of the keeper."""
    image = toolimages.ensure(engine, source, CHECKOUT / "tests" / "keeper" / "chromium")
    options = webdriver.ChromeOptions()
    for flag in ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"):
        options.add_argument(flag)
    with WebApp(image, port=4444, network=own_network) as container:
        config = ClientConfig(container.url(""), timeout=60, proxy=Proxy({"proxyType": ProxyType.DIRECT}))
        driver = webdriver.Remote(config.remote_server_addr, options=options, client_config=config)
        driver.set_page_load_timeout(SECONDS)
        driver.implicitly_wait(5)  # at most, for what a click leads to
        yield driver
        driver.quit()


def _fill(browser: webdriver.Remote, name: str, value: str, button: str) -> None:
    for field, text in (("name", name), ("value", value)):
        element = browser.find_element(By.NAME, field)
        element.clear()
        element.send_keys(text)
    browser.find_element(By.XPATH, f"//button[text()='{button}']").click()


def test_stores_and_shows(browser: webdriver.Remote, keeper: Keeper) -> None:
    """Name and value typed in are stored, and shown again by name."""
    browser.get(PAGE)
    _fill(browser, "имя", "два слова", "Store")
    assert browser.find_element(By.TAG_NAME, "output").text == "два слова"
    assert keeper.value_of("имя", hint="").text == "два слова"
    browser.get(PAGE)
    _fill(browser, "имя", "", "Show")
    assert browser.find_element(By.TAG_NAME, "output").text == "два слова"


def test_html_in_a_value_is_text(browser: webdriver.Remote) -> None:
    """Tags, quotes and scripts in name and value are shown, and do nothing."""
    evil = """"><script>document.title="owned"</script>"""
    browser.get(PAGE)
    _fill(browser, evil, evil, "Store")
    assert browser.find_element(By.TAG_NAME, "output").text == evil
    assert browser.find_element(By.NAME, "name").get_attribute("value") == evil
    assert browser.title == "var_keeper"
    browser.get(f"{PAGE}var/safe")
    assert "no such variable" in browser.find_element(By.TAG_NAME, "body").text


def test_the_labs_form_works(browser: webdriver.Remote, keeper: Keeper) -> None:
    """The form that step 142 types into the address bar stores its value under `a`."""
    browser.get(f"data:text/html,<form action={PAGE}var/a method=post><input name=value></form>")
    element = browser.find_element(By.NAME, "value")
    element.send_keys("typed")
    element.submit()
    WebDriverWait(browser, SECONDS).until(url_matches("^http:"))  # it is still the form's page for a moment
    assert browser.find_element(By.TAG_NAME, "body").text == "OK"
    assert keeper.value_of("a", hint="").text == "typed"
