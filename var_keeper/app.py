"""var_keeper: keeps named values in MySQL (lab steps 135-143).

POST /var/<name> with the form field `value` stores a value and answers OK; GET /var/<name> answers with the value.
`/` does both as a page, `/healthz` tells whether the database can be used. What goes wrong is said in one line of text.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, abort, render_template, request
from jinja2 import TemplateNotFound
from mysql.connector import connect
from mysql.connector.errors import ReadTimeoutError, WriteTimeoutError
from werkzeug.exceptions import HTTPException

LIMIT = 100  # characters: the width of the table's columns
WORKERS, THREADS = 2, 8  # processes, and in each of them threads and connections
SECONDS = 2  # how long the database may take for an answer
FORM = "application/x-www-form-urlencoded"
MISSING = (1049, 1146)  # MySQL's error numbers: no such database, no such table
ROLLED_BACK = (1205, 1213)  # waited too long for a lock, deadlock: the same again may work
SERVER_ERRORS = range(1000, 2000)  # the others are about the connection

# BIGINT: every overwriting uses a number up
TABLE = """CREATE TABLE IF NOT EXISTS vars (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin,
    value VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin,
    UNIQUE (name))"""
# to give up waiting for a lock before we do; to free the locks of a keeper that was lost; to lock no neighbouring row
SESSION = "SET SESSION innodb_lock_wait_timeout=1, wait_timeout=10, transaction_isolation='READ-COMMITTED'"

app = Flask(__name__, template_folder=".")
app.config["MAX_CONTENT_LENGTH"] = 16_384  # bytes: the longest form that is any good takes 1300

at_rest: LifoQueue[tuple[Any, Any]] = LifoQueue()  # open connections, each with its cursor
wanted = threading.Semaphore(THREADS)  # how many are to be opened
tried = threading.Event()  # the first of them is open, or cannot be opened
ready = threading.Event()  # the database can be used, as far as is known
created = threading.Event()  # it has our table, as far as is known


def database_settings() -> dict[str, Any]:
    """Return how to reach the server: the lab's values, each overridable by the environment."""
    file = os.environ.get("DB_PASSWORD_FILE")
    return {
        "host": os.environ.get("DB_HOST", "db"),
        "port": int(os.environ.get("DB_PORT", "3306")),
        "user": os.environ.get("DB_USER", "root"),
        "password": Path(file).read_text().rstrip("\n") if file else os.environ.get("DB_PASSWORD", "123"),
        "autocommit": True,
        "use_pure": True,  # the C extension needs libraries that not every base has, and falls back without a word
        **dict.fromkeys(["connection_timeout", "read_timeout", "write_timeout"], SECONDS),
        "init_command": SESSION,
    }


def open_connection(settings: dict[str, Any], *, aloud: bool) -> tuple[Any, Any]:
    """Open a connection, make what is missing in the database, and say each step (lab step 141)."""
    say = partial(print, flush=True) if aloud else str
    connection = connect(**settings)
    say("Connection to db:ОК")  # noqa: RUF001 - Cyrillic, as the lab prints it
    cursor = connection.cursor()
    name = "`" + os.environ.get("DB_NAME", "vars").replace("`", "``") + "`"  # no value: it cannot be a parameter
    steps = {"Create db": f"CREATE DATABASE IF NOT EXISTS {name}", "Change db": f"USE {name}", "Create table": TABLE}
    for step, statement in steps.items():
        if step == "Change db" or not created.is_set():
            cursor.execute(statement)
            say(f"{step}:ОК")  # noqa: RUF001
    created.set()
    return connection, cursor


def one_line(error: Exception) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error).split())


def keep_connected(settings: dict[str, Any], process: int) -> None:
    """Open the connections that are wanted while the process lives; at the start process 1 alone tells how it goes."""
    first, started, said = process == 1, False, ""
    while True:
        wanted.acquire()
        pause = 0.1
        while True:
            try:
                at_rest.put(open_connection(settings, aloud=first and not started))
                break
            except Exception as failure:  # noqa: BLE001 - whatever it is, the thread goes on
                ready.clear()
                tried.set()
                if getattr(failure, "errno", 0) in MISSING:
                    created.clear()
                if (first or started) and one_line(failure) != said:  # once, not at every trial
                    said = one_line(failure)
                    print(f"Failure {said}; trying again", flush=True)
                time.sleep(pause)
                pause = min(2 * pause, 1)
        ready.set()
        tried.set()
        started, said = True, ""


def run(*statements: tuple[str, tuple[str, ...]]) -> list[tuple[Any, ...]]:
    """Run statements on one connection, values as parameters, and return the rows of the last.

    Raises:
        HTTPException: 503, they failed, or a COMMIT may have; without one, nothing is written.
    """
    deadline, reason = time.monotonic() + SECONDS, ""
    tried.wait(SECONDS)
    while ready.is_set() and (left := deadline - time.monotonic()) > 0:
        try:
            connection, cursor = at_rest.get(timeout=left)
        except Empty:
            break
        try:
            for statement, values in statements:
                cursor.execute(statement, values)
            rows = cursor.fetchall() if cursor.with_rows else []
        except Exception as error:  # noqa: BLE001 - a torn connection can bring any: the connector is pure Python
            connection.close()  # what it had not committed is rolled back
            reason = one_line(error)
            number = getattr(error, "errno", 0)
            if number in MISSING:
                created.clear()
            if number in MISSING or isinstance(error, (ReadTimeoutError, WriteTimeoutError)):
                ready.clear()
            wanted.release()
            if number in SERVER_ERRORS and number not in ROLLED_BACK:
                break  # it would fail again; all else is worth another connection
        else:
            at_rest.put((connection, cursor))
            return list(rows)
    if reason:  # without one it was said before
        app.logger.warning("503: %s", reason)
    return abort(503, "the database cannot be used now: try again")


def load(name: str) -> str:
    """Return the value of a variable, or answer 404."""
    rows = run(("SELECT value FROM vars WHERE name = %s", (name,)))
    return str(rows[0][0]) if rows else abort(404, "no such variable")


def store(name: str) -> None:
    """Store the form field `value`, or answer 400 or 415 with the reason."""
    if request.mimetype not in {"", FORM, "multipart/form-data"}:  # "": nothing was sent
        abort(415, "send a form: the field value, as curl -d value=... does")
    if request.mimetype == FORM:
        try:
            unquote_to_bytes(request.get_data()).decode()  # what is no UTF-8, the form's parser would keep as %XX
        except UnicodeDecodeError:
            abort(400, "the form is not text in UTF-8")
    value = request.form.get("value")
    if not name or value is None:
        abort(400, "the form field value is missing" if name else "the name is empty")
    for what, text in (("name", name), ("value", value)):
        if len(text) > LIMIT:
            abort(400, f"the {what} is longer than {LIMIT} characters")
        if "\0" in text or "\ufffd" in text:  # the latter stands for what is no UTF-8
            abort(400, f"the {what} is not text")
    # the row stays locked up to the COMMIT: a write that was given up, and not yet carried out, undoes no later one
    insert = "INSERT INTO vars (name, value) VALUES (%s, %s) ON DUPLICATE KEY UPDATE value = %s"
    run(("START TRANSACTION", ()), (insert, (name, value, value)), ("COMMIT", ()))


def answer(text: str, status: int = 200) -> Response:
    """Answer with plain text: a value that looks like HTML is shown, not run."""
    return Response(text, status, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})


@app.get("/var/<name>")
def get(name: str) -> Response:
    """Answer with the value of a variable (lab step 143)."""
    return answer(load(name))


@app.post("/var/<name>")
def set_value(name: str) -> Response:
    """Store a variable (lab step 142)."""
    store(name)
    return answer("OK")


@app.route("/", methods=["GET", "POST"])
def page() -> str:
    """Do both as a page, in place of the form that the lab types into the address bar (step 142)."""
    name = request.values.get("name", "")
    if request.method == "POST":
        store(name)
    try:
        return render_template("page.html", limit=LIMIT, name=name, value=load(name) if name else None)
    except TemplateNotFound:  # an image made the lab's way holds this file alone
        return abort(404, "this image holds no page")


@app.get("/healthz")
def healthz() -> Response:
    """Tell whether the table can be read: an answer alone tells that the keeper is alive."""
    run(("SELECT 1 FROM vars LIMIT 1", ()))
    return answer("ready")


@app.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """Answer with the reason alone, on one line."""
    return answer(f"{error.description}\n", error.code or 500)


def serve(settings: dict[str, Any]) -> None:
    """Serve on port 5000 until SIGTERM; from then on, what has begun is still answered."""
    try:
        from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - it may be missing
    except ImportError:  # an image made the lab's way (steps 134-137) holds no server but Flask's own
        threading.Thread(target=keep_connected, args=(settings, 1), daemon=True).start()
        app.run(host="0.0.0.0")  # noqa: S104 - in a container, the published port reaches this address only
        return

    def begin(_server: object, worker: Any) -> None:  # noqa: ANN401 - untyped
        threading.Thread(target=keep_connected, args=(settings, worker.age), daemon=True).start()

    options = {
        "bind": "0.0.0.0:5000",
        "workers": WORKERS,
        "threads": THREADS,
        "post_fork": begin,
        "graceful_timeout": SECONDS,
        "loglevel": "warning",
        "worker_tmp_dir": "/dev/shm",  # noqa: S108 - memory, also where the root file system is read-only
        "control_socket_disable": True,
    }

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Server().run()


if __name__ == "__main__":
    # the server signs its certificate itself: to read the system's authorities for each connection takes up to 0.2 s
    os.environ.setdefault("SSL_CERT_FILE", os.devnull)
    try:
        serve(database_settings())
    except (OSError, ValueError) as error:
        sys.exit(f"var_keeper cannot start: {error}")
