"""Steps 102-112: the hello app on the machine itself, in a virtual environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES: list[str] = []
HELLO = "Hello, World!"
PIP_SECONDS = 180


@pytest.mark.step(102, 103)
def test_folders(window: Window) -> None:
    """The app gets a folder `tutorial/flask` in the home folder."""
    window.type("mkdir tutorial && cd tutorial")
    window.type("mkdir flask && cd flask")
    assert window.type("pwd").text == "/home/user/tutorial/flask"


@pytest.mark.step(104)
def test_python_is_there(window: Window) -> None:
    """The system has a python3; its version is the system's, not necessarily the lab's 3.10.6."""
    assert re.fullmatch(r"Python 3\.\d+\.\d+", window.type("python3 --version").text)


@pytest.mark.step(105)
def test_environment(window: Window) -> None:
    """`python3 -m venv venv` makes an environment, called `venv` as it is typed, not `ven` as it is announced."""
    window.type("python3 -m venv venv", seconds=PIP_SECONDS)
    assert {"bin", "lib", "pyvenv.cfg"} <= set(window.type("ls venv").text.split())


@pytest.mark.step(106)
def test_activated(window: Window) -> None:
    """Activated, it shows its name before the prompt, and its python and pip come first."""
    window.type("source venv/bin/activate")
    assert window.type("which python pip").prompt.startswith("(venv) user@")
    assert window.type("which python").text == "/home/user/tutorial/flask/venv/bin/python"


@pytest.mark.step(107)
def test_flask_is_installed(window: Window) -> None:
    """`pip install Flask` installs it, into the environment alone."""
    assert "Successfully installed" in window.type("pip install Flask", seconds=PIP_SECONDS).text
    window.type("python3 -c 'import flask'")
    window.type("/usr/bin/python3 -c 'import flask'", code=1)


@pytest.mark.step(108)
def test_the_app(window: Window) -> None:
    """app.py is the app of Flask's documentation, with debug mode and on all addresses."""
    window.type("cat > app.py <<'END'\n" + _lab_app() + "END")
    assert window.type("python -m py_compile app.py && echo fine").text == "fine"


@pytest.mark.step(109)
def test_it_runs(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """`python app.py` serves on port 5000 of all addresses; the main system's browser shows the greeting."""
    assert "Running on http://" in window.start("python app.py", "Debugger is active")
    assert browser.open(f"http://{lab.address}:5000/") == HELLO
    assert "GET / HTTP/1.1" in window.see("GET / HTTP/1.1")


@pytest.mark.step(110)
def test_ctrl_c(lab: Lab, window: Window) -> None:
    """Ctrl+C ends it, and the port is free."""
    window.press("ctrl+c")
    window.end()
    assert lab.as_root("ss -Htln 'sport = :5000'") == ""


@pytest.mark.step(111)
def test_freeze(window: Window) -> None:
    """`pip freeze > requirements.txt` lists Flask and what it needs, with versions; no `pkg-resources` today."""
    window.type("pip freeze > requirements.txt")
    lines = window.type("cat requirements.txt").text.splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    assert {"flask", "werkzeug", "jinja2", "click"} <= {line.partition("==")[0].lower() for line in lines}
    assert "pkg-resources==0.0.0" not in lines


@pytest.mark.step(112)
def test_deactivate(window: Window) -> None:
    """`deactivate` leaves the environment: the prompt and the commands are the system's again."""
    window.type("deactivate")
    typed = window.type("which python3")
    assert typed.text == "/usr/bin/python3"
    assert typed.prompt.startswith("user@")


def _lab_app() -> str:
    """Return the reference's app with the last line as the lab has it: debug mode always on."""
    text = (CHECKOUT / "flask_app" / "app.py").read_text(encoding="utf-8")
    assert "app.run(" in text
    return re.sub(r"app\.run\(.*\)", "app.run(debug=True, host='0.0.0.0')", text)
