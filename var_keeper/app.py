"""var_keeper: keeps named values in MySQL (lab steps 135-143).

POST /var/<name> with the form field `value` stores a value and answers OK; GET /var/<name> answers with the value.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from flask import Flask, Response, request
from mysql.connector import Error, connect

LIMIT = 100  # characters: the width of the table's columns
RETRY_SECONDS = 1

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS vars (
    id INT AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin,
    value VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin,
    UNIQUE (name)
)
"""

app = Flask(__name__)
at_rest: LifoQueue[Any] = LifoQueue()  # open connections: to open one costs many times what a query does


def database_settings() -> dict[str, Any]:
    """Return how to reach the database: the lab's values, each overridable by the environment."""
    password_file = os.environ.get("DB_PASSWORD_FILE")
    password = Path(password_file).read_text().rstrip("\n") if password_file else os.environ.get("DB_PASSWORD", "123")
    return {
        "host": os.environ.get("DB_HOST", "db"),
        "user": os.environ.get("DB_USER", "root"),
        "password": password,
        "autocommit": True,
        "use_pure": True,  # the C extension needs libraries that not every base has, and falls back without a word
    }


def database_name() -> str:
    """Return the name of the database."""
    return os.environ.get("DB_NAME", "vars")


def init_db() -> None:
    """Create the database and its table where they are missing, and say each step (lab step 141).

    Raises:
        mysql.connector.Error: the database does not answer or refuses.
    """
    quoted = "`" + database_name().replace("`", "``") + "`"  # a name, not a value: it cannot be a parameter
    print("Connection to db:", end="", flush=True)
    with closing(connect(**database_settings())) as connection, closing(connection.cursor()) as cursor:
        for done, statement in (
            ("Create db:", f"CREATE DATABASE IF NOT EXISTS {quoted}"),
            ("Change db:", f"USE {quoted}"),
            ("Create table:", CREATE_TABLE),
        ):
            print("ОК")  # noqa: RUF001 - Cyrillic, as the lab prints it
            print(done, end="", flush=True)
            cursor.execute(statement)
        print("ОК", flush=True)  # noqa: RUF001


def query(statement: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Run one statement with its values as parameters and return its rows."""
    try:
        return run(at_rest.get_nowait(), statement, values)
    except (Empty, Error):
        # none at rest, or its server went away meanwhile; to run either statement twice does no harm
        return run(connect(**database_settings(), database=database_name()), statement, values)


def run(connection: Any, statement: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:  # noqa: ANN401 - untyped
    """Run the statement on a connection, and keep that for the next one if it still works."""
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(statement, values)
            rows = cursor.fetchall() if cursor.with_rows else []
    except Error:
        connection.close()
        raise
    at_rest.put(connection)
    return list(rows)


def answer(text: str, status: int = 200) -> Response:
    """Answer with plain text: a value that looks like HTML is shown, not run."""
    return Response(text, status, mimetype="text/plain")


@app.get("/var/<name>")
def get(name: str) -> Response:
    """Answer with the value of a variable, 404 for an unknown one."""
    rows = query("SELECT value FROM vars WHERE name = %s", (name,))
    return answer(rows[0][0]) if rows else answer("no such variable", 404)


@app.post("/var/<name>")
def set_value(name: str) -> Response:
    """Store the form field `value`, 400 with the reason if it is missing or too long."""
    value = request.form.get("value")
    if value is None:
        return answer("the form field value is missing", 400)
    for what, text in (("name", name), ("value", value)):
        if len(text) > LIMIT:
            return answer(f"the {what} is longer than {LIMIT} characters", 400)
    query("INSERT INTO vars (name, value) VALUES (%s, %s) ON DUPLICATE KEY UPDATE value = %s", (name, value, value))
    return answer("OK")


@app.errorhandler(Error)
def database_failed(error: Error) -> Response:
    """Answer 503 while the database cannot be used; the reason goes to the log, not to the client."""
    app.logger.error("database: %s", error)
    return answer("the database does not answer", 503)


if __name__ == "__main__":
    while True:
        try:
            init_db()
            break
        except Error as failure:
            print("Failure", failure, flush=True)
            time.sleep(RETRY_SECONDS)  # the database may still be starting
    app.run(host="0.0.0.0")  # noqa: S104 - in a container, the published port reaches this address only
