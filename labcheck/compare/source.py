"""What an app.py says of itself, from its syntax tree: routes, texts, where it listens, its database, its SQL.

It is parsed, never imported or run.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS = ("get", "post", "put", "delete", "patch")
_SQL = re.compile(r"^\s*(?:SELECT|INSERT|REPLACE|UPDATE|DELETE|CREATE|DROP|ALTER|USE)\s", re.IGNORECASE)
_CONVERTER = re.compile(r"<(?:string(?:\([^)]*\))?:)?\s*\w+\s*>")
_DATABASE = ("host", "user", "password", "passwd", "port", "database", "db")
_FORMS = {"form", "values"}  # of a request of Flask's
_LISTENERS = {"run", "serve", "run_simple", "WSGIServer"}
_BIND = re.compile(r"^([\w.:\[\]]*):(\d+)$")


@dataclass(frozen=True)
class Route:
    """A path as Flask has it, its variables without their names, its methods, and the texts that its view returns."""

    rule: str
    methods: frozenset[str]
    returns: frozenset[str]
    is_plain: bool  # all that it returns stands in the text


@dataclass
class App:
    """What is known of an app; a setting is None where the text does not tell it."""

    routes: list[Route] = field(default_factory=list)
    runs: list[dict[str, object]] = field(default_factory=list)  # host, port, debug of each app.run
    database: dict[str, object] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)  # of the form
    said: list[str] = field(default_factory=list)  # texts that are handed to functions: printed, as a rule
    texts: list[str] = field(default_factory=list)  # all that there are
    sql: list[str] = field(default_factory=list)
    built_sql: list[str] = field(default_factory=list)  # with values put into the text
    modules: set[str] = field(default_factory=set)
    from_environment: bool = False
    tree: str = ""  # the code without comments, docstrings and annotations

    def views(self, rule: str, method: str) -> list[Route]:
        """Return the views that answer a method on a path."""
        return [route for route in self.routes if route.rule == rule and method in route.methods]


def read(text: str) -> App:
    """Return what an app.py says.

    Raises:
        StudentFileError: Python would not compile it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes: not ours to say
            tree = ast.parse(text)
            return _Reader(tree).app
    except SyntaxError as error:
        says = _("Python does not compile it: {reason} in line {line}.").format(reason=error.msg, line=error.lineno)
        raise StudentFileError(says) from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise StudentFileError(_("Python does not compile it: {reason}.").format(reason=error)) from error


class _Reader:
    """Goes through a tree; a name stands for what the module last set it to."""

    def __init__(self, tree: ast.Module) -> None:
        self.app = App()
        self._names: dict[str, object] = {}
        self._functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        returned: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._names[node.targets[0].id] = self._value(node.value)
            elif isinstance(node, ast.Return):
                returned |= {id(inner) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            self._take(node, returned)
        self.app.tree = _bare(tree)

    def _take(self, node: ast.AST, returned: set[int]) -> None:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                self._route(decorator, node)
        elif isinstance(node, ast.Call):
            self._call(node, printed=id(node) not in returned)
        elif isinstance(node, ast.Dict):
            self._settings({self._value(key): value for key, value in zip(node.keys, node.values, strict=True) if key})
        elif isinstance(node, ast.Subscript) and _last(node.value) in _FORMS:
            self.app.fields.add(str(self._value(node.slice)))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            self.app.modules |= {f"{module}.{name.name}".strip(".") for name in node.names}
        self._statement(node)

    def _statement(self, node: ast.AST) -> None:
        text, built = "", False
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            self.app.texts.append(text)
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            text, built = "".join(map(str, parts)), len(parts) > 1 or "{}" in parts
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
            left = self._value(node.left)
            text, built = left if isinstance(left, str) else "", not isinstance(node.right, ast.Constant)
        elif isinstance(node, ast.Call) and _last(node.func) == "format" and isinstance(node.func, ast.Attribute):
            value = self._value(node.func.value)
            text, built = value if isinstance(value, str) else "", True
        if _SQL.match(text):
            self.app.sql.append(" ".join(text.split()))
            # a name of a database or a table cannot be a parameter; a value can
            if built and not re.match(r"\s*(?:CREATE|USE)\s", text, re.IGNORECASE):
                self.app.built_sql.append(" ".join(text.split()))

    def _call(self, node: ast.Call, *, printed: bool) -> None:
        name = _last(node.func)
        words: dict[object, ast.expr] = {word.arg: word.value for word in node.keywords if word.arg}
        given = {str(key): self._value(value) for key, value in words.items()}
        if name == "run" and isinstance(node.func, ast.Attribute):
            self.app.runs.append(
                {**dict(zip(("host", "port", "debug"), map(self._value, node.args), strict=False)), **given}
            )
        elif name in _LISTENERS - {"run"}:
            self.app.runs.append(given)
        elif name in {"connect", "dict", "MySQLConnectionPool"}:
            self._settings({**words})
        elif name == "getenv" or ast.dump(node.func).count("'environ'"):
            self.app.from_environment = True
        elif name == "add_url_rule" and len(node.args) > 2:  # noqa: PLR2004 - rule, endpoint, view
            self._route(node, self._functions.get(_last(node.args[2]), ast.Pass()))
        elif name in {"get", "getlist"} and isinstance(node.func, ast.Attribute) and _last(node.func.value) in _FORMS:
            self.app.fields |= {str(self._value(value)) for value in node.args[:1]}
        if printed:
            self.app.said += [text for value in node.args for text in self._texts(value)]

    def _settings(self, given: Mapping[object, ast.expr]) -> None:
        """Take what looks like the way to a database, or to where a server listens."""
        bind = self._value(given["bind"]) if "bind" in given else None
        found = _BIND.match(bind) if isinstance(bind, str) else None
        if found:
            self.app.runs.append({"host": found[1], "port": int(found[2])})
        if "user" in given or ("host" in given and {"password", "passwd"} & given.keys()):
            self.app.database |= {str(key): self._value(given[key]) for key in _DATABASE if key in given}

    def _route(self, decorator: ast.expr, view: ast.AST) -> None:
        if not isinstance(decorator, ast.Call) or not decorator.args:
            return
        name, rule = _last(decorator.func), self._value(decorator.args[0])
        if name not in {"route", "add_url_rule", *METHODS} or not isinstance(rule, str):
            return
        listed = next((word.value for word in decorator.keywords if word.arg == "methods"), None)
        methods = {name.upper()} if name in METHODS else {"GET"}
        if isinstance(listed, (ast.List, ast.Tuple, ast.Set)):
            methods = {str(self._value(one)).upper() for one in listed.elts}
        returns = [node.value for node in ast.walk(view) if isinstance(node, ast.Return) and node.value]
        texts = {text for value in returns for text in self._texts(value)}
        plain = all(isinstance(self._value(value), str) for value in returns)
        self.app.routes.append(
            Route(_CONVERTER.sub("<>", rule), frozenset(methods), frozenset(texts), bool(returns) and plain)
        )

    def _texts(self, node: ast.AST) -> list[str]:
        whole = self._value(node)
        if isinstance(whole, str):
            return [whole]
        return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]

    def _value(self, node: ast.AST) -> object:  # noqa: PLR0911 - a line for each kind of expression
        """Return what an expression comes to, as far as the text tells; of a setting its default."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.IfExp):
            return self._value(node.orelse)
        if isinstance(node, ast.BoolOp):
            return self._value(node.values[-1])
        if isinstance(node, ast.Call) and node.args and _last(node.func) in {"get", "getenv", "int", "str", "bool"}:
            value = self._value(node.args[-1]) if _last(node.func) not in {"get", "getenv"} or node.args[1:] else None
            is_number = _last(node.func) == "int" and isinstance(value, str) and value.isdecimal() and len(value) < 6  # noqa: PLR2004 - a port
            return int(str(value)) if is_number else value
        if isinstance(node, ast.JoinedStr) and all(isinstance(part, ast.Constant) for part in node.values):
            return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        return None


def _last(node: ast.AST) -> str:
    """Return the last name of a dotted one: form of request.form."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _bare(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)
