"""Find the texts that people read in tests, for translators: messages in `_()`, what checks and steps of the lab claim.

A method of Babel's: https://babel.pocoo.org/en/latest/messages.html#writing-extraction-methods
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from babel.messages.extract import extract_python

from labcheck.checks.rubric import title_of
from labcheck.walkthrough.steps import claim_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import IO

Found = tuple[int, Any, Any, Any]


def extract(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield line, function, message and comments of every text in a file of tests."""
    yield from extract_python(file, keywords, comment_tags, options)  # type: ignore[arg-type]
    file.seek(0)
    for node in ast.parse(file.read()).body:
        if isinstance(node, ast.FunctionDef):
            marks = " ".join(map(ast.unparse, node.decorator_list))
            if "mark.lab" in marks:
                yield node.lineno, None, title_of(ast.get_docstring(node)), []
            elif "mark.step" in marks:
                yield node.lineno, None, claim_of(ast.get_docstring(node)), []
