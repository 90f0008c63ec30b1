"""What python:3.10.6 and python:3.10.6-slim promise (lab step 113), official or stand-ins; last, these' honesty."""

from __future__ import annotations

import io
import json
import re
import uuid
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from tests.conftest import Start

SLIM = "python:3.10.6-slim"
FULL = "python:3.10.6"

# modules of the standard library that need not be importable here, official or not
WINDOWS = ["_msi", "_overlapped", "_winapi", "msilib", "msvcrt", "nt", "winreg", "winsound"]
ABSENT = {
    **dict.fromkeys(WINDOWS, "Windows only"),
    "_scproxy": "macOS only",
    "antigravity": "opens a browser",
    "turtledemo": "is nobody's library, and Debian has it elsewhere",
    "nis": "needs two libraries of its own for a service that is gone",
}
TK = ["_tkinter", "tkinter", "turtle"]

# what students call in the full image, and what builds call
TOOLS = ["autoconf", "bzip2", "convert", "curl", "file", "g++", "gcc", "git", "gpg", "hg", "libtoolize", "make"]
TOOLS += ["mysql_config", "patch", "pg_config", "ps", "ssh", "svn", "unzip", "wget", "xml2-config", "xz"]

INSTALL = "pip install --quiet --no-cache-dir --root-user-action=ignore"


class Run(Protocol):
    """The type of the fixture `run`."""

    def __call__(self, *command: str, timeout: int = 60) -> str:
        """Return what the command prints; `timeout` is in seconds."""


def runner(start: Start, image: str) -> Run:
    """Return a function that runs a command in a new container and returns what it printed, once it has succeeded."""

    def run_to_end(*command: str, timeout: int = 60) -> str:
        container = start(image, list(command))
        code = container.wait(timeout=timeout)["StatusCode"]
        assert code == 0, f"exit code {code}:\n{container.logs().decode()}"
        output: str = container.logs(stderr=False).decode()
        return output.strip()

    return run_to_end


@pytest.fixture(params=[SLIM, FULL])
def name(request: pytest.FixtureRequest) -> str:
    """One official name after the other."""
    official: str = request.param
    return official


@pytest.fixture
def image(base: Callable[[str], str], name: str) -> str:
    """The image that stands for `name` here."""
    return base(name)


@pytest.fixture
def run(image: str, start: Start) -> Run:
    """A function that runs a command in `image`."""
    return runner(start, image)


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


@pytest.mark.parametrize(("name", "least", "most"), [(SLIM, 100, 150), (FULL, 800, 1100)])
def test_its_size_is_about_the_published_one(engine: DockerClient, image: str, least: int, most: int) -> None:
    """Slim takes about 126 MB, full about 923."""
    assert least < engine.images.get(image).attrs["Size"] / 1e6 < most


def test_commands_are_in_usr_local_bin(run: Run) -> None:
    """Python's commands are there under their plain names, too, and none of Debian's comes before them."""
    commands = ["idle", "pip", "pip3", "pydoc", "python", "python-config", "python3", "python3-config", "wheel"]
    assert run("which", *commands).split() == [f"/usr/local/bin/{command}" for command in commands]
    assert "class date" in run("pydoc", "datetime.date")


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
    absent = [*ABSENT, *(TK if name == SLIM else [])]
    assert json.loads(run("python", "-c", script, *absent)) == {}


def test_pip_lists_nothing_that_pip_did_not_install(run: Run) -> None:
    """`pip freeze` is empty at first, then it is what was asked for (lab steps 106 and 111)."""
    assert run("pip", "freeze") == ""
    assert run("sh", "-c", f"{INSTALL} six==1.16.0 && pip freeze", timeout=120) == "six==1.16.0"


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


def test_a_package_s_commands_are_in_the_path(run: Run) -> None:
    """What a package installs as a command can be called by its name."""
    assert run("sh", "-c", f"{INSTALL} flask && which flask", timeout=120) == "/usr/local/bin/flask"


def test_packages_of_the_old_kind_install(run: Run) -> None:
    """A package that has only a setup.py is built by the setuptools of the image."""
    script = f"{INSTALL} docopt==0.6.2 && python -c 'import docopt; print(docopt.__version__)'"
    assert run("sh", "-c", script, timeout=120) == "0.6.2"


def test_a_virtual_environment_has_pip(run: Run) -> None:
    """`python -m venv` works, and pip in it installs there (lab step 105)."""
    script = f"python -m venv /tmp/venv && . /tmp/venv/bin/activate && {INSTALL} six && pip freeze && which python"
    assert re.fullmatch(r"six==\S+\n/tmp/venv/bin/python", run("sh", "-c", script, timeout=120))


def test_packages_can_be_copied_from_stage_to_stage(engine: DockerClient, image: str, start: Start) -> None:
    """A second stage that copies site-packages by the path it has in `python:3.10` has what the first one installed."""
    packages = "/usr/local/lib/python3.10/site-packages"
    stages = [f"FROM {image} AS build\nRUN {INSTALL} six\n", f"FROM {image}\nCOPY --from=build {packages} {packages}\n"]
    built = []
    try:
        for dockerfile in stages[0], "".join(stages):  # the first stage has a tag too, so that it can be removed
            tag = f"labcheck-{uuid.uuid4().hex[:12]}"
            engine.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=tag, rm=True, forcerm=True)
            built.append(tag)
        assert runner(start, built[-1])("python", "-c", "import six; print(six.__name__)") == "six"
    finally:
        for tag in built:
            engine.images.remove(tag, force=True)


def test_apt_installs_packages(run: Run) -> None:
    """`apt-get install` works, and does not come in the way of Python."""
    script = "apt-get update -qq && apt-get install -yqq --no-install-recommends nano python3 > /dev/null"
    assert run("sh", "-c", f"{script} && which nano python3", timeout=180).split() == [
        "/usr/bin/nano",
        "/usr/local/bin/python3",
    ]


@pytest.mark.parametrize("name", [SLIM])
def test_slim_has_no_ps(run: Run) -> None:
    """There is neither ps nor a compiler in the slim image."""
    assert run("sh", "-c", "which ps gcc; true") == ""


@pytest.mark.parametrize("name", [FULL])
def test_full_has_the_tools_that_builds_need(run: Run) -> None:
    """Compilers, version control, database headers' helpers and ps are there."""
    assert len(run("which", *TOOLS).split()) == len(TOOLS)


@pytest.mark.parametrize("name", [FULL])
def test_full_compiles_c_extensions(run: Run) -> None:
    """Pip builds a package with a compiled module from source."""
    script = f"{INSTALL} --no-binary markupsafe markupsafe && python -c 'import markupsafe._speedups as s; print(s)'"
    assert "/site-packages/markupsafe/_speedups." in run("sh", "-c", script, timeout=300)


@pytest.mark.parametrize("name", [FULL])
def test_full_compiles_programs_that_embed_python(run: Run) -> None:
    """A C program can be linked with the shared library of this Python (uwsgi is one), and finds its packages."""
    script = """
set -e
cat > /tmp/embed.c << C
#include <Python.h>
int main(void) {
    Py_Initialize();
    PyRun_SimpleString("import pip; print(pip.__name__)");
    return Py_FinalizeEx();
}
C
gcc -o /tmp/embed /tmp/embed.c $(python3-config --embed --cflags --ldflags)
/tmp/embed
"""
    assert run("sh", "-c", script) == "pip"


@pytest.fixture
def stand_in(image: str) -> str:
    """The image, if it is a stand-in."""
    if not image.startswith("localhost/standin/"):
        pytest.skip("this is not a stand-in")
    return image


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_says_that_it_is_one(name: str, run: Run) -> None:
    """A stand-in names itself in /etc/os-release, for programs and for people."""
    release = dict(line.split("=", 1) for line in run("cat", "/etc/os-release").splitlines())
    assert release["VARIANT_ID"] == "standin"
    assert release["VARIANT"] == f'"stand-in for {name}"'
    assert f"stand-in for {name}" in release["PRETTY_NAME"]


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_has_no_bytecode_of_debian_s_python_either(run: Run) -> None:
    """Not even where the official full image has some: Debian's own Python, for mercurial."""
    assert run("find", "/", "-xdev", "-name", "*.py[co]") == ""
