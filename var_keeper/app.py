"""var_keeper: keeps named values in MySQL (lab steps 135-143).

POST /var/<name> with the form field `value` stores a value and answers OK; GET /var/<name> answers with the value.
`/` does both as a page, `/healthz` tells whether the database can be used. What goes wrong is said in one line of text.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
from functools import cache, partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, abort, render_template, request
from mysql.connector import connect
from werkzeug.exceptions import HTTPException

LIMIT = 100  # characters: the width of the table's columns
WORKERS, THREADS, BACKLOG = 2, 192, 100  # processes, the connections that each holds, and how many more may wait
SECONDS = 2  # how long the database may take for an answer
GATHER, PAUSE = 0.002, 0.1  # seconds in which requests gather, and before what found its row locked is tried again
FORM = "application/x-www-form-urlencoded"
MISSING = (1049, 1146)  # MySQL's error numbers: no such database, no such table
LOCKED = (1205, 1213, 3024)  # waited too long for a lock (two numbers), deadlock: the same again may work
SERVER_ERRORS = range(1000, 2000)  # the others are about the connection
TABLE = """CREATE TABLE IF NOT EXISTS vars (id BIGINT AUTO_INCREMENT PRIMARY KEY, UNIQUE (name),
    name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin,
    value VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin)"""  # BIGINT: every overwriting uses a number up
SELECT = "SELECT JSON_OBJECTAGG(asked.name, value) FROM (VALUES {}) AS asked (name) JOIN vars USING (name)"
# after 50 ms, longer than our own writes take, somebody else locks a row: writes of other names need not wait for that
LOCK = "SELECT /*+ MAX_EXECUTION_TIME(50) */ MAX(id) FROM vars FORCE INDEX (name) WHERE name IN ({}) FOR UPDATE INTO @i"
INSERT = "INSERT INTO vars (name, value) VALUES {} AS new ON DUPLICATE KEY UPDATE value = new.value"
# to give up waiting for a lock before we do; to free the locks of a keeper that was lost; to lock no neighbouring row
SESSION = "SET SESSION innodb_lock_wait_timeout=1, wait_timeout=10, transaction_isolation='READ-COMMITTED'"

app = Flask(__name__, template_folder=".")
app.config["MAX_CONTENT_LENGTH"] = 16_384  # bytes: the longest form that is any good takes 1300

away, created = threading.Event(), threading.Event()  # as far as is known: no database; it has our table
log = open(os.dup(1), "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115 - the server closes its own
logging.basicConfig(stream=log, format="%(message)s")
tell = cache(partial(print, file=log))  # a line once, until it forgets
Asked = tuple[str, str, SimpleQueue[Any]]  # a name, a value to store, and where the answer goes: the first counts
reads, writes = SimpleQueue[Asked](), SimpleQueue[Asked]()


def database_settings() -> dict[str, Any]:
    """Return how to reach the server: the lab's values, each overridable by the environment."""
    env, file = os.environ.get, os.environ.get("DB_PASSWORD_FILE")
    password = Path(file).read_text().rstrip("\n") if file else env("DB_PASSWORD", "123")
    way = {"host": env("DB_HOST", "db"), "port": int(env("DB_PORT", "3306"))}
    way |= {"user": env("DB_USER", "root"), "password": password}
    way |= dict.fromkeys(["connection_timeout", "read_timeout", "write_timeout"], SECONDS)
    return {**way, "use_pure": True, "init_command": SESSION}  # pure: not every base has what the C extension needs


def prepare(cursor: Any, *, aloud: bool) -> None:  # noqa: ANN401 - the connector's own are untyped
    """Make what is missing in the database, and say each step (lab step 141)."""
    say = partial(print, file=log) if aloud else str
    say("Connection to db:ОК")  # noqa: RUF001 - Cyrillic, as the lab prints it
    name = "`" + os.environ.get("DB_NAME", "vars").replace("`", "``") + "`"  # no value: it cannot be a parameter
    steps = {"Create db": f"CREATE DATABASE IF NOT EXISTS {name}", "Change db": f"USE {name}", "Create table": TABLE}
    for step, statement in steps.items():
        if aloud or step == "Change db" or not created.is_set():
            cursor.execute(statement)
            say(f"{step}:ОК")  # noqa: RUF001
    created.set()


def read(cursor: Any, waiting: list[Asked]) -> dict[str, str]:  # noqa: ANN401
    """Return the values, in one row of the database's, by the names that were asked for."""
    names = tuple({name for name, _value, _box in waiting})
    cursor.execute(SELECT.format(", ".join(["ROW(%s)"] * len(names))), names)
    return dict(json.loads(cursor.fetchone()[0] or "{}"))


def write(cursor: Any, waiting: list[Asked]) -> dict[str, str]:  # noqa: ANN401
    """Store the last value of each name, all in one transaction."""
    rows = sorted({name: value for name, value, _box in waiting}.items())  # sorted: no two wait for each other
    cursor.execute(LOCK.format(", ".join(["%s"] * len(rows))), [name for name, _value in rows])
    cursor.execute(INSERT.format(", ".join(["(%s, %s)"] * len(rows))), [text for row in rows for text in row])
    # the rows stay locked up to the COMMIT: what is given up from here on undoes no later write
    if not all(box.empty() for _name, _value, box in waiting):
        raise TimeoutError
    cursor.execute("COMMIT")
    return dict.fromkeys(dict(rows), "OK")


def carry_out(step: Any, connection: Any, waiting: list[Asked]) -> None:  # noqa: ANN401
    """Read or write at once; where that fails, name by name: what one cannot do is no matter of the others."""
    waiting = [asked for asked in waiting if asked[2].empty()]  # the others were given up, or answered
    try:
        answers = step(connection.cursor(), waiting) if waiting else {}
    except Exception as error:
        if not getattr(error, "sqlstate", None):  # no answer of the server's: what comes next may still be that one
            raise
        connection.rollback()
        number, names = getattr(error, "errno", 0), {name for name, _value, _box in waiting}
        if number in MISSING:
            created.clear()
        if len(names) > 1:
            for name in names:
                carry_out(step, connection, [asked for asked in waiting if asked[0] == name])
        elif number not in LOCKED:
            connection.close()  # the fault may be its own
        answers = dict.fromkeys(names, error)
    for name, _value, box in waiting:
        box.put(answers.get(name))


def keep_working(queue: SimpleQueue[Asked], step: Any, *, aloud: bool) -> None:  # noqa: ANN401
    """Carry out together all that waits in a queue; how it starts is told where that is `aloud`."""
    started, pause = False, 0.05
    while True:
        waiting: list[Asked] = []
        try:
            with connect(**database_settings(), autocommit=step is read) as connection:  # in the end, rolls back
                prepare(connection.cursor(), aloud=aloud and not started)
                away.clear()
                tell.cache_clear()
                started, pause = True, 0.05
                while True:
                    alone, waiting = len(waiting) <= 1, [queue.get()]
                    time.sleep(0 if alone else GATHER)  # after several, more are on their way
                    waiting += [queue.get() for _ in range(queue.qsize())]
                    carry_out(step, connection, waiting)
        except Exception as failure:  # noqa: BLE001 - a torn connection can bring any: the connector is pure Python
            for _name, _value, box in waiting:
                box.put(failure)
            if not waiting:  # it could not be opened
                away.set()
                if getattr(failure, "errno", 0) in MISSING:
                    created.clear()
                if started or aloud:
                    tell(f"Failure {' '.join(str(failure).split())}; trying again")  # once, not at every trial
                time.sleep(pause := min(2 * pause, 1))


def ask(queue: SimpleQueue[Asked], name: str, value: str = "") -> Any:  # noqa: ANN401
    """Return the answer of the database, or answer 503: nothing was written, nor will be, or a COMMIT failed."""
    deadline, found = time.monotonic() + SECONDS, None
    while not away.is_set() and (left := deadline - time.monotonic()) > 0:
        box = SimpleQueue[Any]()
        queue.put((name, value, box))
        try:
            found = box.get(timeout=left)
        except Empty:
            found = TimeoutError(f"no answer within {SECONDS} s")
            box.put(found)  # given up: what is answered is not carried out
        if not isinstance(found, Exception):
            return found
        if getattr(found, "errno", 0) in LOCKED:
            time.sleep(PAUSE)
        elif getattr(found, "errno", 0) in SERVER_ERRORS:
            break  # it would fail again; all else is worth another connection
    if found:  # without a reason it was said before
        app.logger.warning("503: %s", " ".join(str(found).split()))
    return abort(503, "the database cannot be used now: try again")


def answer(text: str, status: int = 200) -> Response:
    """Answer with plain text: a value that looks like HTML is shown, not run."""
    return Response(text, status, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})


@app.get("/var/<name>")
def get(name: str) -> Response:
    """Answer with the value of a variable (lab step 143), or 404."""
    value = ask(reads, name)
    return abort(404, "no such variable") if value is None else answer(str(value))


@app.post("/var/<name>")
def set_value(name: str) -> Response:
    """Store the form field `value` as a variable (lab step 142), or answer 400 or 415 with the reason."""
    if request.mimetype not in {"", FORM, "multipart/form-data"} or "Transfer-Encoding" in request.headers:
        abort(415, "send a form: the field value, as curl -d value=... does")  # "": nothing; chunks are not read
    try:
        form = request.stream.read(request.content_length or 0).decode() if request.mimetype == FORM else ""
        values = parse_qs(form, keep_blank_values=True, errors="strict").get("value") or request.form.getlist("value")
    except UnicodeDecodeError:  # the form's own parser would keep it as %XX
        abort(400, "the form is not text in UTF-8")
    if not name or not values:
        abort(400, "the form field value is missing" if name else "the name is empty")
    for what, text in (("name", name), ("value", values[0])):
        if len(text) > LIMIT:
            abort(400, f"the {what} is longer than {LIMIT} characters")
        if "\0" in text or "\ufffd" in text:  # the latter stands for what is no UTF-8
            abort(400, f"the {what} is not text")
    ask(writes, name, values[0])
    return answer("OK")


@app.route("/", methods=["GET", "POST"])
def page() -> str:
    """Do both as a page, in place of the form that the lab types into the address bar (step 142)."""
    name = request.values.get("name", "")
    if request.method == "POST":
        set_value(name)
    if not Path(app.root_path, "page.html").exists():  # an image made the lab's way holds this file alone
        abort(404, "this image holds no page")
    value = get(name).get_data(as_text=True) if name else None
    return render_template("page.html", limit=LIMIT, name=name, value=value)


@app.get("/healthz")
def healthz() -> Response:
    """Tell whether the table can be read: an answer alone tells that the keeper is alive."""
    ask(reads, "")  # no variable is called so
    return answer("ready")


@app.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """Answer with the reason alone, on one line."""
    return answer(f"{error.description}\n", error.code or 500)


def begin() -> Flask:
    """Begin to read and to write, in each process of the server's by itself, and return the application."""
    server = sys.modules.get("uwsgi")  # it is there in a process of the server's; one that died is begun again
    first = server is None or (server.worker_id() == 1 and not server.workers()[0]["respawn_count"])
    for queue, step, aloud in ((reads, read, first), (writes, write, False)):
        threading.Thread(target=keep_working, args=(queue, step), kwargs={"aloud": aloud}, daemon=True).start()
    return app


def serve() -> None:
    """Serve on port 5000 until SIGTERM; from then on, what has begun is still answered."""
    database_settings()  # of no use, they end it here
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)  # the hook below finds uWSGI's own functions by their names
    try:
        from pyuwsgi import run  # noqa: PLC0415 - it may be missing
    except ImportError:  # an image made the lab's way (steps 134-137) holds no server but Flask's own
        begin().run(host="0.0.0.0")  # noqa: S104 - in a container, the published port reaches this address only
        return
    socket.create_server(("0.0.0.0", 5000)).close()  # noqa: S104 - as above; where that is taken, the server says nothing
    options = {"http11-socket": "0.0.0.0:5000", "listen": BACKLOG, "socket-timeout": SECONDS, "buffer-size": 8192}
    options |= {"processes": WORKERS, "threads": THREADS, "module": "app:begin()", "worker-reload-mercy": SECONDS + 1}
    options |= {"hook-master-start": "unix_signal:15 gracefully_kill_them_all", "logto": os.devnull}
    run(["--master", "--lazy-apps", "--disable-logging", *(f"--{name}={value}" for name, value in options.items())])


if __name__ == "__main__":
    import app as keeper  # by the name that the server calls it by: one module, not two

    # the server signs its certificate itself: to read the system's authorities for each connection takes up to 0.2 s
    os.environ.setdefault("SSL_CERT_FILE", os.devnull)
    try:
        keeper.serve()
    except (OSError, ValueError) as error:
        sys.exit(f"var_keeper cannot start: {error}")
