"""Drive a desktop by noVNC in a browser, as lab steps 90 and 92 do: connect, start the editor, open, type, save.

Everything is done by mouse and keyboard. What comes of it is awaited: by the titles of the windows, for which `wmctrl`
is run in the container (the lab's image has it as well as the stand-in); then by the picture, which has to stand still,
since a window that has the keyboard already may still lose keys while it is drawn.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as until
from selenium.webdriver.support.wait import WebDriverWait

from labcheck.engine.containers import inside, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.models.containers import Container
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

EDITOR_ICON = (80, 255)  # in pixels from the upper left corner, on the stand-in: the third icon
_EDITORS = ("Mousepad", "Visual Studio Code")
_CHANGED = ("*", "●")  # what Mousepad and Visual Studio Code begin the title with, until the file is saved
_ACTIVE = re.compile(r"^Using window: (0x[0-9a-f]+)$", re.MULTILINE)
_WINDOW = (1920, 1250)  # the browser's, with room for the whole desktop
_STILL_LOOKS = 4  # a text cursor that blinks stays longer than that
_SECONDS = 60


def connect(driver: WebDriver, url: str, password: str) -> None:
    """Open noVNC's page at `url`, press its button, and type the password; return when the desktop is shown.

    Raises:
        AssertionError: it cannot, or is refused; noVNC's own words are in the message.
    """
    driver.set_window_size(*_WINDOW)
    driver.get(url)
    WebDriverWait(driver, _SECONDS).until(until.element_to_be_clickable((By.ID, "noVNC_connect_button"))).click()
    field = driver.find_element(By.ID, "noVNC_password_input")
    _await_page(driver, field.is_displayed)
    field.send_keys(password, Keys.ENTER)
    root = driver.find_element(By.TAG_NAME, "html")
    _await_page(driver, lambda: "noVNC_connected" in _classes(root))


def start_editor(driver: WebDriver, container: Container, icon: tuple[int, int] = EDITOR_ICON) -> None:
    """Double-click the editor's icon, answer "Launch Anyway" to the doubt about it, and return when it is in front.

    Raises:
        LabcheckError: there is no icon at that place, or no editor comes of it.
    """
    screen = _screen(driver)
    wait_until(container, lambda: _is_drawn(driver, screen, *icon), f"an icon is at {icon}", _SECONDS)
    corner = driver.execute_script(
        "const box = arguments[0].getBoundingClientRect(); return [Math.ceil(box.left), Math.ceil(box.top)]", screen
    )
    before = titles(container)
    actions = ActionChains(driver)
    mouse: Any = actions.w3c_actions.pointer_action  # bears no types
    mouse.move_to_location(corner[0] + icon[0], corner[1] + icon[1])
    actions.double_click().perform()
    _await_front(driver, container, lambda title: title not in {*before, ""}, "it asks")
    _press(driver, Keys.ALT, "l")
    _await_front(driver, container, lambda title: title.endswith(_EDITORS), "the editor is there")


def open_file(driver: WebDriver, container: Container, path: str) -> None:
    """Open a file in the editor by its full path, and return when it is shown.

    Raises:
        LabcheckError: it is not.
    """
    _press(driver, Keys.CONTROL, "o")
    _await_front(driver, container, lambda title: title.startswith("Open"), "it asks for a file")
    before = _picture(driver)
    ActionChains(driver).send_keys(path[0]).perform()  # at which a field appears
    wait_until(container, lambda: _picture(driver) != before, "the file dialog has a field", _SECONDS)
    _await_still(driver, container)
    ActionChains(driver).send_keys(path[1:], Keys.ENTER).perform()
    name = path.rpartition("/")[2]
    _await_front(driver, container, lambda title: name in title and title.endswith(_EDITORS), f"{name} is open")


def type_over(driver: WebDriver, container: Container, text: str) -> None:
    """Replace all that is in the editor by `text`.

    Visual Studio Code completes HTML while one types: plain words come out the same in both editors.

    Raises:
        LabcheckError: the editor takes no notice.
    """
    _press(driver, Keys.CONTROL, "a")
    ActionChains(driver).send_keys(text).perform()
    _await_front(driver, container, lambda title: title.startswith(_CHANGED), "it is changed")


def save(driver: WebDriver, container: Container) -> None:
    """Save what is in the editor, and return when the editor says that it is.

    Raises:
        LabcheckError: it does not.
    """
    _press(driver, Keys.CONTROL, "s")
    _await_front(driver, container, _is_saved, "the file is saved")


def screen_size(container: Container) -> str:
    """Return width and height of the desktop in pixels, as in `1920x1080`; empty while there is none."""
    found = re.search(r"DG: (\d+x\d+)", _wmctrl(container, "-d"))
    return found[1] if found else ""


def titles(container: Container) -> list[str]:
    """Return the titles of the windows, that of the desktop itself among them."""
    return list(_windows(container).values())


def _is_saved(title: str) -> bool:
    return title.endswith(_EDITORS) and not title.startswith(_CHANGED)


def _windows(container: Container) -> dict[str, str]:
    """Return the titles of the windows by their ids."""
    # 0x00c00002  0 host title
    rows = re.findall(r"^(0x[0-9a-f]+) +\S+ +\S+ (.*)$", _wmctrl(container, "-l"), re.MULTILINE)
    return dict(rows)


def _await_page(driver: WebDriver, is_so: Callable[[], bool]) -> None:
    """Wait for noVNC's page, which tells how it stands by classes, the same in all its versions from 1.0 on."""
    status = driver.find_element(By.ID, "noVNC_status")
    WebDriverWait(driver, _SECONDS).until(lambda _driver: is_so() or "noVNC_status_error" in _classes(status))
    assert is_so(), status.text


def _await_front(driver: WebDriver, container: Container, is_it: Callable[[str], bool], what: str) -> None:
    """Wait for the window that has the keyboard to be one with such a title, and to be drawn."""

    def is_in_front() -> bool:
        found = _ACTIVE.search(_wmctrl(container, "-v", "-a", ":ACTIVE:"))
        return found is not None and is_it(_windows(container).get(found[1], ""))

    wait_until(container, is_in_front, what, _SECONDS)
    _await_still(driver, container)


def _await_still(driver: WebDriver, container: Container) -> None:
    """Wait until some looks at the desktop, one after the other, show the same."""
    looks: deque[str] = deque(maxlen=_STILL_LOOKS)

    def is_still() -> bool:
        looks.append(_picture(driver))
        return len(looks) == _STILL_LOOKS and len(set(looks)) == 1

    wait_until(container, is_still, "the picture stands still", _SECONDS)


def _picture(driver: WebDriver) -> str:
    return str(driver.execute_script("return arguments[0].toDataURL()", _screen(driver)))


def _wmctrl(container: Container, *options: str) -> str:
    code, output = inside(container, "env", "DISPLAY=:1", "wmctrl", *options)
    return "" if code else output


def _press(driver: WebDriver, modifier: str, key: str) -> None:
    ActionChains(driver).key_down(modifier).send_keys(key).key_up(modifier).perform()


def _is_drawn(driver: WebDriver, screen: WebElement, x: int, y: int) -> bool:
    """Tell whether a pixel of the desktop has another colour than the background, as it is in the upper left corner."""
    script = """
const pixels = arguments[0].getContext("2d");
const at = (x, y) => pixels.getImageData(x, y, 1, 1).data.join();
return at(arguments[1], arguments[2]) != at(0, 0)
"""
    return bool(driver.execute_script(script, screen, x, y))


def _screen(driver: WebDriver) -> WebElement:
    return driver.find_element(By.CSS_SELECTOR, "#noVNC_container canvas")


def _classes(element: WebElement) -> list[str]:
    return (element.get_attribute("class") or "").split()
