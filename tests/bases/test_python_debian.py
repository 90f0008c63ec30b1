"""What python:3.10.6 and its -slim promise besides (lab step 113), official or stand-ins; last, these' honesty."""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.bases.test_python import FULL, INSTALL, SLIM, SLOWLY_FULL

if TYPE_CHECKING:
    from docker import DockerClient

    from tests.bases.conftest import Run
    from tests.conftest import Start

# what students call in the full image, and what builds call
TOOLS = ["autoconf", "bzip2", "convert", "curl", "file", "g++", "gcc", "git", "gpg", "hg", "libtoolize", "make"]
TOOLS += ["mysql_config", "patch", "pg_config", "ps", "ssh", "svn", "unzip", "wget", "xml2-config", "xz"]
ON_DEBIAN = SLOWLY_FULL[:2]


@pytest.fixture(params=[SLIM, FULL])
def name(request: pytest.FixtureRequest) -> str:
    """One official name after the other."""
    official: str = request.param
    return official


@pytest.mark.outside("that pip installs in it")
@pytest.mark.parametrize("name", ON_DEBIAN)
def test_packages_of_the_old_kind_install(run: Run) -> None:
    """A package that has only a setup.py is built by the setuptools of the image."""
    script = f"{INSTALL} docopt==0.6.2 && python -c 'import docopt; print(docopt.__version__)'"
    assert run("sh", "-c", script, timeout=120) == "0.6.2"


@pytest.mark.outside("that pip installs in it")
@pytest.mark.parametrize("name", ON_DEBIAN)
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
        container = start(built[-1], ["python", "-c", "import six"])
        assert container.wait(timeout=60)["StatusCode"] == 0
    finally:
        for tag in built:
            engine.images.remove(tag, force=True)


@pytest.mark.outside("that apt installs in it")
@pytest.mark.parametrize("name", ON_DEBIAN)
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


@pytest.mark.outside("that pip installs in it")
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
