"""What all three python images promise (lab steps 105-127), official images or stand-ins."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docker import DockerClient

    from tests.bases.conftest import Run

FULL = "python:3.10.6"
SLIM = "python:3.10.6-slim"
ALPINE = "python:3.10.6-alpine"

# modules of the standard library that need not be importable here, official or not
WINDOWS = ["_msi", "_overlapped", "_winapi", "msilib", "msvcrt", "nt", "winreg", "winsound"]
ABSENT = {
    **dict.fromkeys(WINDOWS, "Windows only"),
    "_scproxy": "macOS only",
    "antigravity": "opens a browser",
    "turtledemo": "is nobody's library, and Debian has it elsewhere",
    "nis": "needs two libraries of its own for a service that is gone",
}
TK = ["_tkinter", "tkinter", "turtle"]  # the official slim and alpine have Tk's library removed

# the full stand-in stands on the slim one, whose pip it has; that pip works in it is seen when the lab's image is built
SLOWLY_FULL = [pytest.param(FULL, marks=pytest.mark.slow), SLIM, ALPINE]

INSTALL = "pip install --quiet --no-cache-dir --root-user-action=ignore"


@pytest.fixture(params=[FULL, SLIM, ALPINE])
def name(request: pytest.FixtureRequest) -> str:
    """One official name after the other."""
    official: str = request.param
    return official


def test_it_starts_python_and_nothing_before_it(engine: DockerClient, image: str) -> None:
    """CMD is `python3`, there is no ENTRYPOINT."""
    config = engine.images.get(image).attrs["Config"]
    assert config["Cmd"] == ["python3"]
    assert not config["Entrypoint"]


def test_the_environment_is_the_documented_one(engine: DockerClient, image: str, run: Run) -> None:
    """/usr/local/bin comes first in PATH, LANG is C.UTF-8, PYTHON_VERSION is the true version."""
    environment = dict(entry.split("=", 1) for entry in engine.images.get(image).attrs["Config"]["Env"])
    assert environment["PATH"].startswith("/usr/local/bin:")
    assert environment["LANG"] == "C.UTF-8"
    assert environment["PYTHON_VERSION"] == run("python3", "-c", "import platform; print(platform.python_version())")


@pytest.mark.parametrize(("name", "least", "most"), [(FULL, 800, 1100), (SLIM, 100, 150), (ALPINE, 40, 60)])
def test_its_size_is_about_the_published_one(engine: DockerClient, image: str, least: int, most: int) -> None:
    """Full takes about 923 MB, slim 126, alpine 50, as published (step 117 says 900 for full)."""
    assert least < engine.images.get(image).attrs["Size"] / 1e6 < most


def test_there_is_no_bytecode(run: Run) -> None:
    """Python and its packages are there without .pyc files."""
    assert run("find", "/usr/local", "-name", "*.py[co]") == ""


def test_there_are_no_test_suites(run: Run) -> None:
    """The tests of Python and of the packages that come with it are left out."""
    names = ["-name", "test", "-o", "-name", "tests", "-o", "-name", "idle_test"]
    assert run("find", "/usr/local/lib", "-type", "d", "(", *names, ")") == ""


def test_packaging_tools_are_installed(run: Run) -> None:
    """The tools pip, setuptools and wheel are there, as in all official images below Python 3.12."""
    script = "import importlib.metadata as m; print(*map(m.version, ['pip', 'setuptools', 'wheel']))"
    assert len(run("python", "-c", script).split()) == 3
    assert run("python", "-c", "import setuptools, wheel; print(setuptools.__name__)") == "setuptools"


def test_every_module_of_the_standard_library_imports(name: str, run: Run) -> None:
    """Whatever of the standard library exists on Linux can be imported; Tk in the full image only."""
    script = """
import contextlib, importlib, io, json, sys, warnings
warnings.simplefilter("ignore")
failed = {}
for name in sorted(sys.stdlib_module_names - set(sys.argv[1:])):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)
print(json.dumps(failed))
"""
    absent = [*ABSENT, *([] if name == FULL else TK)]
    assert json.loads(run("python", "-c", script, *absent)) == {}


def test_commands_are_in_usr_local_bin(run: Run) -> None:
    """Python's commands are there under their plain names, too, and none of the distribution's comes before them."""
    commands = ["idle", "pip", "pip3", "pydoc", "python", "python-config", "python3", "python3-config", "wheel"]
    assert run("which", *commands).split() == [f"/usr/local/bin/{command}" for command in commands]
    assert "class date" in run("pydoc", "datetime.date")


@pytest.mark.outside("that pip installs in it")
@pytest.mark.parametrize("name", SLOWLY_FULL)
def test_a_virtual_environment_has_pip(run: Run) -> None:
    """`python -m venv` works, and pip in it installs there (lab step 105)."""
    script = f"python -m venv /tmp/venv && . /tmp/venv/bin/activate && {INSTALL} six && pip freeze && which python"
    assert re.fullmatch(r"six==\S+\n/tmp/venv/bin/python", run("sh", "-c", script, timeout=120))


@pytest.mark.outside("that pip installs in it")
@pytest.mark.parametrize("name", SLOWLY_FULL)
def test_pip_lists_nothing_that_pip_did_not_install(run: Run) -> None:
    """`pip freeze` is empty at first, then it is what was asked for (lab steps 106 and 111)."""
    assert run("pip", "freeze") == ""
    assert run("sh", "-c", f"{INSTALL} six==1.16.0 && pip freeze", timeout=120) == "six==1.16.0"


@pytest.mark.outside("that pip installs in it")
@pytest.mark.parametrize("name", SLOWLY_FULL)
def test_packages_go_to_site_packages_without_a_virtual_environment(run: Run) -> None:
    """Pip installs into /usr/local/lib/pythonX.Y/site-packages, no questions asked, and can undo it."""
    directory = "/usr/local/lib/python${PYTHON_VERSION%.*}/site-packages"
    script = f"""
set -e
{INSTALL} six
ls {directory}/six.py
python -c 'import six; print(six.__file__)'
pip uninstall --yes --quiet six 2> /dev/null
! [ -e {directory}/six.py ]
! [ -e {directory}/../EXTERNALLY-MANAGED ]
"""
    output = run("sh", "-c", script, timeout=120)
    assert re.fullmatch(r"(/usr/local/lib/python3\.\d+/site-packages/six\.py)\n\1", output)


@pytest.mark.outside("that pip installs in it")
@pytest.mark.parametrize("name", SLOWLY_FULL)
def test_a_package_s_commands_are_in_the_path(run: Run) -> None:
    """What a package installs as a command can be called by its name."""
    assert run("sh", "-c", f"{INSTALL} flask && which flask", timeout=120) == "/usr/local/bin/flask"
