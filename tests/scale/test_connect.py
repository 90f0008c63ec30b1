"""What is no cluster to grade on is said in a sentence, with what to do, before anything is begun."""

from __future__ import annotations

import importlib.util
import shlex
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from labcheck.checks import rubric
from labcheck.errors import LabcheckError
from labcheck.grading import scale
from labcheck.images.lab import CHECKOUT
from tests.check.conftest import environment, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labcheck.images.bases import Source

LIMIT_SECONDS = 120


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of somebody who takes a call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield "tcp://{}:{}".format(*server.getsockname())


@pytest.fixture
def closed() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return "tcp://{}:{}".format(*server.getsockname())


def test_the_command_says_so(source: Source, tmp_path: Path, closed: str) -> None:
    """`check-class` ends with a sentence and 2 where no scheduler answers."""
    (tmp_path / "class" / "anna").mkdir(parents=True)
    (tmp_path / "class" / "anna" / "app.py").touch()
    command = [sys.executable, "-m", "labcheck", "check-class", f"--class={tmp_path / 'class'}"]
    env = {**environment(source.setting), "SCHEDULER": closed}
    said = typed([*command, f"--out={tmp_path / 'out'}"], env, LIMIT_SECONDS)
    assert said.code == 2, said.output
    assert f"Error: No Dask scheduler answers at {closed}" in said.flat
    assert ".venv/bin/python -m dask scheduler" in said.flat


@pytest.mark.parametrize(
    "address",
    ["localhost:8786", "tcp://localhost", "tcp://:8786", "http://localhost:8786", "tcp://h:99999", "tcp://h:1/x"],
)
def test_no_address(address: str) -> None:
    """What cannot be a scheduler's address is told from one."""
    with pytest.raises(LabcheckError, match="is not a scheduler's address: that is tcp://HOST:PORT"):
        scale.connect(address)


def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, silent: str) -> None:
    """Somebody who listens and is no part of Dask is given up after a while."""
    monkeypatch.setattr(scale, "_ANSWER_SECONDS", 1)
    with pytest.raises(LabcheckError, match=f"No Dask scheduler answers at {silent}"):
        scale.connect(silent)


def test_tls_without_certificates(silent: str) -> None:
    """`tls://` without Dask's settings for it is an error of ours to word, not a traceback."""
    with pytest.raises(LabcheckError, match="TLS configuration"):
        scale.connect(silent.replace("tcp", "tls"))


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    """Where Dask is not installed, the command that installs it is said: with the version that is tested here."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *package: None if name == "distributed" else find_spec(name, *package)
    )
    extra = rubric.load_toml(CHECKOUT / "pyproject.toml")["project"]["optional-dependencies"]["scale"]
    with pytest.raises(LabcheckError) as refused:
        scale.connect(closed)
    assert str(refused.value).endswith(shlex.join([sys.executable, "-m", "pip", "install", *extra]))
    assert set(extra) <= set((CHECKOUT / "requirements-dev.txt").read_text().splitlines())
