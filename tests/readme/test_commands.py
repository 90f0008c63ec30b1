"""Every command of README.md and README.ru.md is typed by a test, and both have the same."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from labcheck.images.lab import CHECKOUT
from tests.readme import desk, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

READMES = {name: (CHECKOUT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ru.md")}
RUSSIAN = "LANGUAGE=ru "
LONGEST = 800  # words: three minutes
_LEFT_OUT = re.compile(r"pytest\.mark\.(skip\b|xfail)")
# commands that take more than a reader's desk, and the tests or their fixtures that run them
ELSEWHERE = {
    "make bundle OUT=../room.tar": "tests/bundle/test_room.py::bundle",
    "make load BUNDLE=../room.tar": "tests/bundle/test_room.py::checkout",
}

SAMPLE = """# A *heading*, `code`

Type `make up PORT=1`, or `docker` with `make`, and `name,image` in
`LANGUAGE=ru make check`. [here](a.md#b) ![there](c.svg)

## A heading

```sh
make test    # why
# nothing
sh x.sh      #
```

| `sh y` | b |
|---|---|
| c | `docker save` |

    python z
"""


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_typed(name: str) -> None:
    """Each command of blocks and sentences is one that a test types, to the letter."""
    commands = markdown.commands(READMES[name])
    assert len(commands) > 20
    untyped = [command for command in commands if command not in {*_typed(), *ELSEWHERE}]
    assert not untyped, f'no test types these; reader.type("…") in a test_readme.py does: {untyped}'


def test_nothing_else_is_typed() -> None:
    """What no README has any more is not typed on."""
    wanted = {command for text in READMES.values() for command in markdown.commands(text)}
    assert {*_typed(), *ELSEWHERE} - wanted == set()


@pytest.mark.parametrize("command", ELSEWHERE)
def test_elsewhere(command: str) -> None:
    """There is the target, and a test, or a fixture of some, that gives the tool its name and asserts something."""
    desk.at_checkout(desk.shell()).type(command.replace("make ", "make --dry-run ", 1))
    file, _, name = ELSEWHERE[command].partition("::")
    (function,) = [node for node in _functions(file) if node.name == name]
    assert any(test.name == name or name in {argument.arg for argument in test.args.args} for test in _tests(file))
    texts = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
    assert command.split()[1] in texts
    assert any(isinstance(node, ast.Assert) for node in ast.walk(function))


def test_both_have_the_same_commands() -> None:
    """A command of one README is in the other, with the same settings; only Russian may be asked for there."""
    english, russian = ([c.removeprefix(RUSSIAN) for c in markdown.commands(text)] for text in READMES.values())
    assert english == russian


def test_both_have_the_same_links() -> None:
    """Both lead to the same pages and show the same pictures, each in its language where there are two."""
    english, russian = (
        [link.replace(".ru.", ".").replace("README.md", "the other") for link in markdown.links(text)]
        for text in READMES.values()
    )
    assert english == russian


@pytest.mark.parametrize("name", READMES)
def test_read_in_three_minutes(name: str) -> None:
    """Neither is longer than one reads in three minutes; what is, is in docs/."""
    assert markdown.words(READMES[name]) <= LONGEST


def test_what_a_sample_has() -> None:
    """Commands are found in blocks and sentences, without comments; other code is not taken for one."""
    assert markdown.commands(SAMPLE) == [
        "make up PORT=1",
        "make",
        "LANGUAGE=ru make check",
        "make test",
        "sh x.sh",
        "sh y",
        "docker save",
        "python z",
    ]
    assert markdown.links(SAMPLE) == ["a.md#b", "c.svg"]
    assert markdown.anchors(SAMPLE) == {"a-heading-code", "a-heading"}
    assert markdown.words("one *two*\nthree | `four five` [six](seven)") == 6


def _typed() -> Iterator[str]:
    """Yield what readers type in tests, as it stands in their source."""
    for file in sorted((CHECKOUT / "tests").glob("*/test_readme.py")):
        for test in _tests(str(file)):
            for node in ast.walk(test):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "reader.type":
                    (line,) = node.args
                    if isinstance(line, ast.Constant):
                        yield str(line.value)


def _tests(file: str) -> list[ast.FunctionDef]:
    return [function for function in _functions(file) if function.name.startswith("test_")]


def _functions(file: str) -> list[ast.FunctionDef]:
    """Return the functions of a file of tests that are run, not left out by a mark."""
    body = ast.parse((CHECKOUT / file).read_text(encoding="utf-8")).body
    if any(isinstance(node, ast.Assign) and _LEFT_OUT.search(ast.unparse(node)) for node in body):
        return []
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    return [one for one in functions if not any(_LEFT_OUT.search(ast.unparse(mark)) for mark in one.decorator_list)]
