"""What runs in a lab machine takes no more of the host than the machine was given."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.machine.attempts import in_a_container, in_run
from tests.machine.conftest import ALPINE

if TYPE_CHECKING:
    from labcheck.machine.machine import Machine


def test_disk(lab: Machine) -> None:
    """A build that fills 30 GB ends when the machine's own disk is full; the host's stays as it is, to the gigabyte."""
    before = shutil.disk_usage(lab.home).free
    output = in_run(lab, "fallocate -l 30G /big && echo it $((1 + 1)) fits")
    assert "No space left on device" in output
    assert "it 2 fits" not in output
    assert before - shutil.disk_usage(lab.home).free < 1e9


def test_processes(lab: Machine) -> None:
    """A container that goes on starting processes is refused more, and the engine goes on working."""
    output = in_a_container(lab, "i=0; while [ $i -lt 3000 ]; do sleep 60 & i=$((i + 1)); done; echo no end")
    assert "can't fork" in output
    assert "no end" not in output
    assert in_a_container(lab, "echo alive") == "alive\n"


@pytest.mark.slow
def test_memory(lab: Machine) -> None:
    """A container that takes more than the machine has is killed; the engine goes on working."""
    taking = "data = [b'x' * 2**28 for _ in range(40)]; print('no end')"  # 10 GB
    output = in_a_container(lab, f'python -c "{taking}"; echo ended with $?')
    assert "ended with 137" in output
    assert in_a_container(lab, "echo alive") == "alive\n"


def test_memory_of_many(lab: Machine) -> None:
    """Hundreds of processes that take a little each are killed before the engine, which is bigger than any of them."""
    taking = 'import os\nwhile True:\n    os.fork()\n    held = b"x" * 2**24'  # 16 MB each, and 512 of them
    in_a_container(lab, f"python -c '{taking}' 2> /dev/null; true")
    assert in_a_container(lab, "echo alive") == "alive\n"


def test_output(lab: Machine) -> None:
    """What a container prints is kept up to 10 MB."""
    command = ["sh", "-c", "yes $(seq 100) | head -c 40000000; echo; echo end"]
    # its log is read afterwards: an engine may never answer who reads the end of one that is being cut
    talking = lab.client.containers.run(ALPINE, command, detach=True)
    try:
        assert talking.wait(timeout=120)["StatusCode"] == 0
        said = talking.logs()
        assert said.endswith(b"end\n")
        assert len(said) < 11_000_000
    finally:
        talking.remove(force=True, v=True)
