"""What python:3.10.6-alpine promises besides (lab step 127), official or stand-in; last, the stand-in's honesty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import inside, wait_for_log, wait_until

if TYPE_CHECKING:
    from tests.bases.conftest import Run
    from tests.conftest import Start


@pytest.fixture
def name() -> str:
    """The official name."""
    return "python:3.10.6-alpine"


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
    assert run("env", "TZ=Asia/Tokyo", "python", "-c", script) == "Europe/Moscow +0900"


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


@pytest.mark.outside("that pip installs in it")
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
    wait_until(container, lambda: "python app.py" in inside(container, "ps")[1], "ps shows app.py", 30)


def test_wget_fetches_a_page(image: str, start: Start) -> None:
    """A page can be fetched with wget."""
    container = start(image, ["python", "-u", "-m", "http.server", "--directory", "/etc", "8000"])
    wait_for_log(container, "Serving HTTP", seconds=30)
    assert "root:x:0" in inside(container, "wget", "-q", "-O", "-", "http://localhost:8000/passwd")[1]


def test_users_can_be_added(run: Run) -> None:
    """A Dockerfile can make a user and a group the way that is usual on Alpine."""
    add = "addgroup -S team && adduser -S -G team student"
    assert run("sh", "-c", f"{add} && su -s /bin/sh student -c 'id -un; id -gn'") == "student\nteam"


def test_the_c_library_is_musl(run: Run) -> None:
    """The interpreter is linked with musl, as on Alpine."""
    assert "/ld-musl-" in run("ldd", "/usr/local/bin/python3")


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
