"""A function of ours, run on a stranger's file in a process of its own, whose memory, time and files are bounded.

A parser that hangs, eats memory or dies of what was handed in costs a sentence, not the host.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labcheck.errors import UnreadableError
from labcheck.i18n import _

_ROOT = Path(__file__).parent.parent.parent
_PASSED_ON = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the child words messages too
_ANSWER_LIMIT = 20_000_000  # bytes of the answer as JSON
_REASON_LIMIT = 300  # characters of an exception's text


@dataclass(frozen=True)
class Bounds:
    """What the process may use: seconds by the clock, bytes of address space, bytes of a file that it writes."""

    seconds: int = 30
    memory: int = 1 << 30
    file: int = 1 << 29


def call(function: str, *arguments: object, name: str, bounds: Bounds = Bounds()) -> Any:  # noqa: ANN401 - JSON
    """Return what `module:function` of ours returns; that and its arguments have to fit into JSON.

    The module is imported in that process, and so are the parsers it needs. `name` is what the file was handed in as.

    Raises:
        UnreadableError: the function's own, or it broke a bound, or the file broke its parser.
    """
    request = json.dumps([function, arguments, vars(bounds)])
    environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        try:
            ended = subprocess.run(
                [sys.executable, "-X", "utf8", "-m", "labcheck.submission.confined"],
                input=request.encode(),
                stdout=answer,
                stderr=errors,
                cwd=_ROOT,
                env=environment,
                timeout=bounds.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnreadableError(_too_much(name, bounds), "timeout") from None
        answer.seek(0)
        said = answer.read(_ANSWER_LIMIT)
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - _REASON_LIMIT))
        reason = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
    if ended.returncode < 0 or "MemoryError" in reason:
        raise UnreadableError(_too_much(name, bounds), reason or f"signal {-ended.returncode}")
    if ended.returncode or len(said) == _ANSWER_LIMIT:
        raise UnreadableError(
            _("{name} cannot be read: it is damaged, or of a kind that is not known here. Hand it in anew.").format(
                name=name
            ),
            reason,
        )
    result, refusal = json.loads(said)
    if refusal:
        raise UnreadableError(*refusal)
    return result


def _too_much(name: str, bounds: Bounds) -> str:
    return _(
        "{name} takes more than {seconds} seconds or {megabytes} MB of memory to read, so it was given up. "
        "Hand in the lab's files alone."
    ).format(name=name, seconds=bounds.seconds, megabytes=bounds.memory // 1_000_000)


def _serve() -> None:
    """Do what `call` asks for on standard input; anything unforeseen ends the process with its traceback."""
    where, arguments, bounds = json.load(sys.stdin)
    limits = {
        resource.RLIMIT_AS: bounds["memory"],
        resource.RLIMIT_CPU: bounds["seconds"],
        resource.RLIMIT_FSIZE: bounds["file"],
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most))
    os.umask(0o077)
    module, _colon, function = where.partition(":")
    answer: tuple[object, object]
    try:
        answer = (getattr(importlib.import_module(module), function)(*arguments), None)
    except UnreadableError as error:
        answer = (None, (str(error), error.reason))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _serve()
