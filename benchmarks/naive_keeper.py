"""The baseline, on the lab's design: one connection for all, SQL from strings, Flask's own server with debug."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from mysql.connector import connect

TABLE = """CREATE TABLE IF NOT EXISTS vars(
    id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), value VARCHAR(100), UNIQUE (name))"""
app = Flask(__name__)
shared: Any = None


def execute(sql: str) -> list[tuple[str]]:
    """Run a statement on the connection that all requests share."""
    with shared.cursor() as cursor:
        cursor.execute(sql)
        if cursor.with_rows:
            return list(cursor.fetchall())
        shared.commit()
        return []


@app.get("/var/<name>")
def get(name: str) -> str:
    """Answer with the value of a variable (lab step 143)."""
    return execute(f"SELECT value FROM vars WHERE name = '{name}'")[0][0]  # noqa: S608 - it is what is compared with


@app.post("/var/<name>")
def post(name: str) -> str:
    """Store the form field `value` (lab step 142)."""
    value = request.form.get("value")
    execute(f"INSERT INTO vars (name, value) VALUES ('{name}', '{value}') ON DUPLICATE KEY UPDATE value='{value}'")  # noqa: S608 - as above
    return "OK"


if __name__ == "__main__":
    shared = connect(host="db", user="root", password="123")  # noqa: S106 - the lab's (step 140)
    for statement in ("CREATE DATABASE IF NOT EXISTS vars", "USE vars", TABLE):
        execute(statement)
    app.run(debug=True, host="0.0.0.0")  # noqa: S104, S201 - as the lab has it, in a container of the benchmark's
