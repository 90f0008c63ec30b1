"""The words of the project's prose: Markdown, docstrings and comments, messages, without what is code in them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = re.compile(r"^(`{3,}).*?^\1|^(?: {4}|\t).*?$|<!--.*?-->", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`]*`|\]\([^)]*\)|<[^>]*>|\{[^}]*\}|\w+://\S+")
_DIRECTIVE = re.compile(r"#\s*(noqa\b[^-]*-?|type:.*|!/.*|pragma.*|coding.*)")
# a name of something, not a word: with a digit, a dot, a slash or the like within, or a capital after a small letter
_NAME = re.compile(r"\S*(?:[\d_/=@\\~*%+$|&]|\w[.:]\w|-{2}|[a-z][A-Z])\S*|(?<!\w)\.\w+|\b[A-Z]{2}\w*")
_ENGLISH = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def markdown(path: Path) -> str:
    """Return the prose of a Markdown file."""
    return _CODE.sub(" ", _BLOCK.sub(" ", path.read_text()))


def python(path: Path) -> str:
    """Return the docstrings and comments of a module."""
    source = path.read_text()
    found = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, _DOCUMENTED)]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found += [_DIRECTIVE.sub("", token.string) for token in tokens if token.type == tokenize.COMMENT]
    return _CODE.sub(" ", "\n".join(found))


def messages(path: Path, *, translated: bool) -> str:
    """Return the messages of a catalogue: their translations, or what they translate."""
    with path.open("rb") as file:
        found = [message.string if translated else message.id for message in read_po(file) if message.id]
    return _CODE.sub(" ", "\n".join(map(str, found)))


def english(text: str) -> Iterator[str]:
    """Yield the English words of a text, without possessives and abbreviations in capitals."""
    for word in _ENGLISH.findall(_NAME.sub(" ", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))):
        yield word.removesuffix("'s")


def russian(text: str) -> Iterator[str]:
    """Yield the Russian words of a text; one with a Latin letter in it is one, a part in Latin letters alone is not."""
    for word in _WORD.findall(_NAME.sub(" ", text)):
        if ours := "-".join(part for part in word.split("-") if not part.isascii()):
            yield ours
