"""What a Markdown file has: commands, links, headings, words (https://markdown-it-py.readthedocs.io)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

_INLINE = re.compile(r"(LANGUAGE=\w+ )?(make|sh|python|docker|\S*/python) \S|make$")  # in a sentence it is a command
_COMMENT = re.compile(r"(^|\s+)#( .*)?$")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def commands(text: str) -> list[str]:
    """Return the commands of blocks and of sentences, in their order, without comments; each line of a block is one."""
    found = []
    for token in _tokens(text):
        if token.type in {"fence", "code_block"}:
            lines = [_COMMENT.sub("", line).strip() for line in token.content.splitlines()]
            found += [line for line in lines if line]
        elif token.type == "code_inline" and _INLINE.match(token.content):
            found.append(token.content)
    return found


def links(text: str) -> list[str]:
    """Return where links and pictures lead, in their order."""
    found = (token.attrGet("href" if token.type == "link_open" else "src") for token in _tokens(text))
    return [str(target) for target in found if target]


def anchors(text: str) -> set[str]:
    """Return the names of the headings, as GitHub makes them.

    https://docs.github.com/get-started/writing-on-github, "Section links"
    """
    names: list[str] = []
    tokens = MarkdownIt("commonmark").parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            name = _NOT_IN_ANCHORS.sub("", _visible(inline).lower()).replace(" ", "-")
            names.append(name if name not in names else f"{name}-{names.count(name)}")
    return set(names)


def words(text: str) -> int:
    """Return how many words a reader reads, those of code too."""
    blocks = [_visible(token) for token in MarkdownIt("commonmark").enable("table").parse(text)]
    return sum(any(letter.isalnum() for letter in word) for block in blocks for word in block.split())


def _tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or []


def _visible(token: Token) -> str:
    """Return its text; inside a paragraph, where a line ends another word begins."""
    if token.children is None:
        return token.content
    return "".join(" " if child.type in {"softbreak", "hardbreak"} else child.content for child in token.children)
