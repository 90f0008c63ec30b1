"""var_keeper (lab steps 135-143), by what its code says: the lab's listing is right, the reference's is better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labcheck.compare import source
from labcheck.compare.hello import server
from labcheck.compare.model import Finding, Note, beyond, differs, equivalent, finding
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.compare.source import App

RULE = "/var/<>"
LINES = ("Connection to db", "Create db", "Change db", "Create table")  # step 141
LATIN, CYRILLIC = "OK", "ОК"  # noqa: RUF001 - the lab prints this one and returns the other
WANTED = {"host": "db", "user": "root", "password": "123"}
_SERVERS = {"cheroot", "gevent", "granian", "gunicorn", "pyuwsgi", "uwsgi", "waitress"}  # for many clients at once
_NARROW = re.compile(r"(?:CHARACTER SET|CHARSET)\s*=?\s*(latin1|ascii)", re.IGNORECASE)
_OVERWRITES = re.compile(r"ON DUPLICATE KEY|^REPLACE|^UPDATE", re.IGNORECASE)


def compare(text: str, reference: str) -> Finding:
    """Compare a var_keeper, given as text, with the reference's."""
    try:
        mine = source.read(text)
    except StudentFileError as error:
        says = _("{reason} The container ends at once at 141.").format(reason=error)
        return finding("var_keeper", 135, [differs(135, says, reference, text)])
    if mine.tree == source.read(reference).tree:
        return finding("var_keeper", 135, [], identical=text == reference)
    notes = [*_routes(mine), *_database(mine), *_statements(mine), *_lines(mine), *server(mine, 135), *_advice(mine)]
    if not notes:
        notes.append(equivalent(135, _("The code is written otherwise; what the lab asks for is in it.")))
    return finding("var_keeper", 135, notes)


def _routes(mine: App) -> Iterator[Note]:
    rules = "\n".join(f"{', '.join(sorted(route.methods))} {route.rule}" for route in mine.routes)
    gets, posts = ([r for r in mine.routes if method in r.methods and _is_var(r.rule)] for method in ("GET", "POST"))
    if not posts:
        says = _("No view takes POST /var/<name>: nothing can be stored at 142.")
        yield differs(142, says, f"POST {RULE}", rules)
    elif not {LATIN, CYRILLIC} & {text for view in posts for text in view.returns}:
        texts = sorted(text for view in posts for text in view.returns)
        yield differs(142, _("A value that is stored is not answered with OK."), "return 'OK'", "\n".join(texts))
    elif not any(LATIN in view.returns for view in posts):
        says = _("The answer's OK is written in Cyrillic letters: it looks the same, and no program takes it for OK.")
        yield equivalent(142, says, LATIN, CYRILLIC)
    if not gets:
        says = _("No view answers GET /var/<name>: the value is not shown at 143.")
        yield differs(143, says, f"GET {RULE}", rules)
    if mine.fields and "value" not in mine.fields and posts:
        says = _("It reads the form field {name}, and the form of 142 sends value: NULL is stored, or 500 answered.")
        names = ", ".join(sorted(mine.fields))
        yield differs(142, says.format(name=names), "request.form.get('value')", names)


def _is_var(rule: str) -> bool:
    return re.fullmatch(r"/var/<(?:path:\w+)?>/?", rule) is not None


def _database(mine: App) -> Iterator[Note]:
    if not mine.database:
        says = _("It connects to no database: /var cannot keep a value.")
        yield differs(135, says, "connect(host='db', user='root', password='123')", "")
        return
    found = {"password" if key == "passwd" else key: value for key, value in mine.database.items()}
    lines = ("", "")
    for key, wanted in WANTED.items():
        value = found.get(key, "" if key == "password" else None)
        lines = (f"{key}={wanted!r}", f"{key}={value!r}"[:100])
        if value is None or value == wanted:
            continue
        if key == "host":
            says = _("The database is not at {host} but at db, as its container is named at 140: Failure 2003 at 141.")
            yield differs(135, says.format(host=str(value)[:50]), *lines)
        else:
            says = _("Another {name} than the database of 140 has: access denied at 141.")
            yield differs(140, says.format(name=key), *lines)


def _statements(mine: App) -> Iterator[Note]:
    table = [sql for sql in mine.sql if re.match(r"CREATE\s+(?:TEMPORARY\s+)?TABLE", sql, re.IGNORECASE)]
    writes = [sql for sql in mine.sql if re.match(r"INSERT|REPLACE|UPDATE", sql, re.IGNORECASE)]
    if not table:
        yield differs(
            135, _("Nothing creates the table: every request fails at 142."), "CREATE TABLE IF NOT EXISTS vars", ""
        )
    elif any("TEMPORARY" in sql.upper() for sql in table):
        yield differs(
            140,
            _("A temporary table is gone with its connection, and the volume of 140 keeps nothing."),
            "CREATE TABLE",
            table[0],
        )
    if any(_NARROW.search(sql) for sql in table):
        says = _("A table of that character set keeps no Cyrillic letter.")
        yield differs(135, says, "VARCHAR(100)", next(sql for sql in table if _NARROW.search(sql)))
    if not any(_OVERWRITES.search(sql) for sql in writes):
        says = _("A variable that exists is not overwritten: the second value for it brings an error at 142.")
        yield differs(135, says, "INSERT … ON DUPLICATE KEY UPDATE", "\n".join(writes))
    if not any(sql.upper().startswith("SELECT") for sql in mine.sql):
        yield differs(143, _("Nothing reads the value back."), "SELECT value FROM vars", "\n".join(mine.sql[:5]))


def _lines(mine: App) -> Iterator[Note]:
    absent = [line for line in LINES if not any(line in text for text in mine.texts)]
    if absent:
        says = _("The log has no line {line}: at 141 nobody can tell whether the database was reached.")
        yield differs(141, says.format(line=absent[0]), "\n".join(LINES), "\n".join(mine.said[:12]))
    elif not any(word in text for text in mine.said for word in (LATIN, CYRILLIC)):
        says = _("The lines of the log do not end in ОК, as step 141 shows them.")  # noqa: RUF001
        yield differs(141, says, f"Connection to db:{CYRILLIC}", "\n".join(mine.said[:12]))


def _advice(mine: App) -> Iterator[Note]:
    if mine.built_sql:
        says = _(
            "Values are put into the text of the SQL: a quote in one breaks it, and a visitor can run any statement."
        )
        yield beyond(135, says, "cursor.execute('… WHERE name = %s', (name,))", mine.built_sql[0])
    if not mine.from_environment:
        says = _("Host, user and password can be set by the environment, and the lab's are the default.")
        yield beyond(135, says, "os.environ.get('DB_HOST', 'db')")
    if not _SERVERS & {module.split(".")[0] for module in mine.modules}:
        says = _("It connects again when the database was away, and serves many clients at once, a connection each.")
        yield beyond(141, says)
