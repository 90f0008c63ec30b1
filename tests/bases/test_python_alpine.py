"""What python:3.10.6-alpine promises (lab step 127), official image or stand-in; last, the stand-in's honesty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pytest

from labcheck.containers import wait_for_log, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from labcheck.bases import Source
    from tests.conftest import Start

NAME = "python:3.10.6-alpine"

# modules of the standard library that need not be importable here, official or not
WINDOWS = ["_msi", "_overlapped", "_winapi", "msilib", "msvcrt", "nt", "winreg", "winsound"]
ABSENT = {
    **dict.fromkeys(WINDOWS, "Windows only"),
    "_scproxy": "macOS only",
    "_tkinter": "the official image has Tk's library removed",
    "antigravity": "opens a browser",
    "nis": "needs two libraries of its own for a service that is gone",
    "tkinter": "needs _tkinter",
    "turtle": "needs _tkinter",
}


class Run(Protocol):
    """The type of the fixture `run`."""

    def __call__(self, *command: str, timeout: int = 60, **environment: str) -> str:
        """Return what the command prints; `timeout` is in seconds."""


@pytest.fixture
def image(base: Callable[[str], str]) -> str:
    """The image that stands for python:3.10.6-alpine here."""
    return base(NAME)


@pytest.fixture
def run(image: str, start: Start) -> Run:
    """A function that runs a command in a new container and returns what it printed, once it has ended with success."""

    def run_to_end(*command: str, timeout: int = 60, **environment: str) -> str:
        container = start(image, list(command), environment=environment)
        code = container.wait(timeout=timeout)["StatusCode"]
        assert code == 0, f"exit code {code}:\n{container.logs().decode()}"
        output: str = container.logs(stderr=False).decode()
        return output.strip()

    return run_to_end


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


def test_it_is_small(engine: DockerClient, image: str) -> None:
    """The image takes less than 60 MB; the official one takes 50."""
    assert engine.images.get(image).attrs["Size"] < 60_000_000


def test_commands_are_in_usr_local_bin(run: Run) -> None:
    """Python's commands are there under their plain names, too."""
    commands = ["idle", "pip", "pip3", "pydoc", "python", "python-config", "python3"]
    assert run("which", *commands).split() == [f"/usr/local/bin/{command}" for command in commands]


def test_there_is_no_bytecode(run: Run) -> None:
    """The image holds no .pyc file."""
    assert run("find", "/", "-xdev", "-name", "*.py[co]") == ""


def test_there_are_no_test_suites(run: Run) -> None:
    """The tests of Python and of the packages that come with it are left out."""
    names = ["-name", "test", "-o", "-name", "tests", "-o", "-name", "idle_test"]
    assert run("find", "/usr/local/lib", "-type", "d", "(", *names, ")") == ""


def test_packaging_tools_are_installed(run: Run) -> None:
    """The tools pip, setuptools and wheel are there, as in all official images below Python 3.12."""
    script = "from importlib.metadata import version; print(*map(version, ['pip', 'setuptools', 'wheel']))"
    assert len(run("python", "-c", script).split()) == 3


def test_every_module_of_the_standard_library_imports(run: Run) -> None:
    """Whatever of the standard library exists on Linux can be imported."""
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
    assert json.loads(run("python", "-c", script, *ABSENT)) == {}


def test_sqlite_keeps_rows(run: Run) -> None:
    """sqlite3 writes a file and reads it back, JSON and full-text search included."""
    script = """
import sqlite3
with sqlite3.connect("/tmp/db") as db:
    db.execute("CREATE VIRTUAL TABLE notes USING fts5(text)")
    db.execute("INSERT INTO notes VALUES (?)", ("it's a\\u0411 note",))
print(sqlite3.connect("/tmp/db").execute("SELECT json_array(text) FROM notes WHERE notes MATCH 'note'").fetchone()[0])
"""
    assert json.loads(run("python", "-c", script)) == ["it's aБ note"]


def test_curses_knows_the_usual_terminals(run: Run) -> None:
    """Common terminals are described in the image's terminfo."""
    terminals = "dumb linux screen vt100 xterm xterm-256color"
    look_up = "python -c 'import curses, sys; curses.setupterm(sys.argv[1])' $terminal"  # it works once in a process
    run("sh", "-c", f"for terminal in {terminals}; do {look_up} || exit 1; done")


def test_readline_keeps_a_history(run: Run) -> None:
    """Line editing in the interactive interpreter is readline's."""
    script = "import readline; readline.add_history('typed'); print(readline.get_history_item(1))"
    assert run("python", "-c", script) == "typed"


def test_dbm_keeps_values(run: Run) -> None:
    """Both kinds of dbm files can be written and read."""
    script = """
import dbm.gnu, dbm.ndbm
for kind in dbm.gnu, dbm.ndbm:
    with kind.open("/tmp/" + kind.__name__, "c") as database:
        database["key"] = "value"
    print(kind.open("/tmp/" + kind.__name__)["key"].decode())
"""
    assert run("python", "-c", script) == "value\nvalue"


def test_tls_trusts_certificate_authorities(run: Run) -> None:
    """Python's default TLS context verifies, and has certificates to verify with."""
    script = "import ssl; c = ssl.create_default_context(); print(c.verify_mode.name, c.cert_store_stats()['x509_ca'])"
    mode, authorities = run("python", "-c", script).split()
    assert mode == "CERT_REQUIRED"
    assert int(authorities) > 0


def test_text_is_utf_8(run: Run) -> None:
    """Files, names and output are UTF-8 without any setting."""
    script = "import locale, sys; print(sys.getfilesystemencoding(), locale.getpreferredencoding(), '\u0416ж')"
    assert run("python", "-c", script).lower() == "utf-8 utf-8 жж"


def test_time_zones_are_known(run: Run) -> None:
    """Time zones are found by zoneinfo and by TZ."""
    script = "import time, zoneinfo; print(zoneinfo.ZoneInfo('Europe/Moscow').key, time.strftime('%z'))"
    assert run("python", "-c", script, TZ="Asia/Tokyo") == "Europe/Moscow +0900"


def test_services_have_names(run: Run) -> None:
    """The usual ports are known by name."""
    assert run("python", "-c", "import socket; print(socket.getservbyname('https'))") == "443"


def test_threads_have_room_for_nested_calls(run: Run) -> None:
    """A thread's stack holds 300 nested calls through C; in the 128 KiB that musl gives by itself they crash."""
    script = """
import threading
def descend(n): return max([n], key=lambda n: n and descend(n - 1))
thread = threading.Thread(target=lambda: print(descend(300)))
thread.start(); thread.join()
"""
    assert run("python", "-c", script) == "300"


def test_processes_share_work(run: Run) -> None:
    """A pool of processes works, and so the semaphores that it needs."""
    script = "import multiprocessing as m\nwith m.Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
    assert run("python", "-c", script) == "[1, 2]"


def test_a_virtual_environment_has_pip(run: Run) -> None:
    """`python -m venv` works, without the network, too."""
    assert run("sh", "-c", "python -m venv /tmp/venv && /tmp/venv/bin/pip --version").startswith("pip ")


def test_binary_wheels_install_and_work(run: Run) -> None:
    """Binary wheels made for musl are found, and their compiled modules run."""
    install = "pip install --quiet --only-binary :all: --root-user-action=ignore cryptography greenlet markupsafe"
    script = """
import greenlet, markupsafe._speedups
from cryptography.fernet import Fernet
key = Fernet(Fernet.generate_key())
print(key.decrypt(key.encrypt(b"secret")), greenlet.greenlet(lambda: "switched").switch())
"""
    output = run("sh", "-c", f"{install} && python -c '{script.replace(chr(39), chr(34))}'", timeout=300)
    assert output == "b'secret' switched"


def test_ps_shows_what_python_runs(image: str, start: Start) -> None:
    """`sh` and `ps` are there, and show a script by its name."""
    container = start(image, ["sh", "-c", "echo 'import signal; signal.pause()' > app.py && exec python app.py"])
    wait_until(container, lambda: b"python app.py" in container.exec_run("ps").output, "ps shows app.py", 30)


def test_wget_fetches_a_page(image: str, start: Start) -> None:
    """A page can be fetched with wget."""
    container = start(image, ["python", "-u", "-m", "http.server", "--directory", "/etc", "8000"])
    wait_for_log(container, "Serving HTTP", seconds=30)
    assert b"root:x:0" in container.exec_run("wget -q -O - http://localhost:8000/passwd").output


def test_users_can_be_added(run: Run) -> None:
    """A Dockerfile can make a user and a group the way that is usual on Alpine."""
    add = "addgroup -S team && adduser -S -G team student"
    assert run("sh", "-c", f"{add} && su -s /bin/sh student -c 'id -un; id -gn'") == "student\nteam"


def test_the_c_library_is_musl(run: Run) -> None:
    """The interpreter is linked with musl, as on Alpine."""
    assert "/ld-musl-" in run("ldd", "/usr/local/bin/python3")


@pytest.fixture
def stand_in(source: Source, image: str) -> str:
    """The image, if it is a stand-in."""
    if source.kind != "standin":
        pytest.skip("this is not a stand-in")
    return image


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_says_that_it_is_one(run: Run) -> None:
    """A stand-in does not pass for Alpine in /etc/os-release."""
    release = dict(line.split("=", 1) for line in run("cat", "/etc/os-release").splitlines())
    assert release["ID"] == "musl-standin"
    assert release["VARIANT_ID"] == "standin"
    assert "not Alpine" in release["PRETTY_NAME"]


def test_apk_says_why_it_does_not_work(stand_in: str, start: Start) -> None:
    """Whoever calls apk on a stand-in reads one sentence, not "not found"."""
    container = start(stand_in, ["apk", "add", "curl"])
    assert container.wait(timeout=30)["StatusCode"] == 1
    assert container.logs().decode().count("stand-in") == 1
