"""`results.json`: all that is known of a run; `results.schema.json` says what stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labcheck.plain import plain

SCHEMA = Path(__file__).with_name("results.schema.json")
TEXT_LIMIT = 20_000  # characters of a text: what a check found may be a log


def content(results: dict[str, Any]) -> bytes:
    """Return the file; texts in it are cut, and rid of what is no character.

    Raises:
        ValueError: a number is infinite or none.
    """
    return (json.dumps(_plain(results), ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return plain(value, TEXT_LIMIT)
    if isinstance(value, dict):
        return {plain(key, TEXT_LIMIT): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
