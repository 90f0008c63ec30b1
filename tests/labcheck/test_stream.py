"""Requests whose answer is a stream: a slow engine is waited for, up to the limit, and one that is gone is said."""

from __future__ import annotations

import io
import json
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

import pytest

from labcheck.engine import stream
from labcheck.errors import LabcheckError
from tests.doctor.conftest import Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWER_SECONDS = 0.5


@pytest.fixture
def slow_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """An engine that takes as long as the test says to load an image, as a slow disk has it."""
    over = threading.Event()
    seconds = [0.0]

    class Handler(Quiet):
        def reply(self) -> tuple[int, dict[str, str], bytes]:
            if self.path.endswith("/version"):
                return 200, {}, json.dumps({"Version": "20.10.24", "ApiVersion": "1.41"}).encode()
            self.rfile.read(int(self.headers["Content-Length"]))
            over.wait(seconds[0])
            return 200, {"Content-Type": "application/json"}, b'{"stream": "Loaded image: a:b"}'

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(stream, "_ANSWER_SECONDS", ANSWER_SECONDS)
    yield lambda value: seconds.__setitem__(0, value)
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign] # whom it answers late is gone
    over.set()
    server.shutdown()
    server.server_close()


def load(seconds: float) -> list[dict[str, Any]]:
    """Load an image, and return what the engine says."""
    return list(stream.events(lambda api: cast("Any", api).load_image(io.BytesIO(b"an image")), seconds=seconds))


def test_an_engine_that_works_in_silence_is_waited_for(slow_engine: Callable[[float], None]) -> None:
    """Unpacking 2 GB of images takes longer than an answer may: the limit is that of the whole."""
    slow_engine(3 * ANSWER_SECONDS)
    assert load(seconds=60) == [{"stream": "Loaded image: a:b"}]


def test_an_engine_that_is_gone_is_said(slow_engine: Callable[[float], None]) -> None:
    """Where nothing comes within the limit it is one sentence, not a trace."""
    slow_engine(60)
    with pytest.raises(LabcheckError, match="stopped answering"):
        load(seconds=1)
