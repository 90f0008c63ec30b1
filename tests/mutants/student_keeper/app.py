"""A var_keeper as a student writes it: one connection for all, SQL of strings. Right by the lab, no more."""

from flask import Flask, request
from mysql.connector import Error, connect

CREATE_TABLE = "CREATE TABLE IF NOT EXISTS vars(name VARCHAR(100) PRIMARY KEY, value VARCHAR(100))"
app = Flask(__name__)
db = None


def step(text, sql=""):
    """Run a statement and say that it is done."""
    print(text, end=":")
    if sql:
        db.cursor().execute(sql)
    print("ОК")


@app.route("/var/<name>", methods=["GET", "POST"])
def var(name):
    """Keep or show a variable."""
    cursor = db.cursor()
    if request.method == "GET":
        cursor.execute(f"SELECT value FROM vars WHERE name = '{name}'")
        return cursor.fetchone()[0]
    value = request.form.get("value")
    cursor.execute(f"INSERT INTO vars VALUES ('{name}', '{value}') ON DUPLICATE KEY UPDATE value = '{value}'")
    db.commit()
    return "OK"


if __name__ == "__main__":
    try:
        db = connect(host="db", user="root", password="123", use_pure=True)
        step("Connection to db")
        step("Create db", "CREATE DATABASE IF NOT EXISTS vars")
        step("Change db", "USE vars")
        step("Create table", CREATE_TABLE)
    except Error as error:
        print("Failure", error)
    app.run(host="0.0.0.0")
