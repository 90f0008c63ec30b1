"""A second engine for the tool's tests, a lab machine's: what works under the lab's own names needs one to itself."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker.utils
import pytest
from rich.console import Console

from labcheck.engine.containers import inside
from labcheck.engine.record import Record
from labcheck.images import bases, bundled
from labcheck.images import lab as images
from labcheck.images.bases import LAB_BASES, Source
from labcheck.machine import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from labcheck.machine.machine import Machine

HUB = "127.0.0.1:5000/hub"
REGISTRY, ALPINE = "registry:2", "python:3.10.6-alpine"
LARGE = ("python:3.10.6", "python:3.10.6-slim")  # the alpine one answers to these too: here names count


@dataclass(frozen=True)
class SecondEngine:
    """The engine of a lab machine, with the lab's bases under the names of a mirror, HUB."""

    lab: Machine

    @property
    def client(self) -> DockerClient:
        """The engine's client."""
        return self.lab.client

    @property
    def address(self) -> str:
        """The address at which published ports of the engine's containers are reached."""
        return self.lab.address

    @property
    def environment(self) -> dict[str, str]:
        """What a command of ours needs to work on this engine and leave no record on the host."""
        lab = self.lab.environment
        for name in (bases.BROUGHT, bases.SIZES):  # with these it would pull nothing, which is what is tested
            del lab[name]
        return {**os.environ, **lab, "HUB": HUB, "COLUMNS": "120", "LANGUAGE": "en"}

    def popen(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Begin `python -m labcheck ARGUMENTS` on this engine."""
        return subprocess.Popen(  # noqa: S603 - a command of ours
            # a shell's background jobs (CI) are deaf to Ctrl-C, and so would this be
            ["env", "--default-signal=INT", sys.executable, "-m", "labcheck", *arguments],  # noqa: S607 - on PATH
            cwd=images.CHECKOUT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def labcheck(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run `python -m labcheck ARGUMENTS` on this engine and return its exit code and all that it printed."""
        process = self.popen(*arguments, **environment)
        output = process.communicate(timeout=300)[0]
        return process.returncode, output


@pytest.fixture(scope="session")
def second_engine(engine: DockerClient, source: Source) -> Iterator[SecondEngine]:
    """The engine of a lab machine that works as a student's virtual machine does."""
    record = Record(engine)
    with record.working(lambda _pid: None):
        images.ensure_bases(record, source, Console(stderr=True), [REGISTRY])
    mirror = Source("mirror", HUB).reference
    wanted = {mirror(name): source.reference(name) for name in (*LAB_BASES, REGISTRY) if name not in LARGE}
    if bundled.source(engine):  # bases out of a bundle have pip ask for it
        wanted[bundled.IMAGE] = bundled.IMAGE
    with machine.lend(engine, source, profile=machine.WALKTHROUGH) as lab:
        lab.give_up(set(lab.brought) - set(wanted))  # other tests brought these
        lab.bring(engine, wanted, trusted=True)
        for name in LARGE:
            # each an image of its own, as in life: builds on one and the same base would share their steps
            recipe = f"FROM {mirror(ALPINE)}\nLABEL second.engine={name}\n"
            lab.client.images.build(fileobj=io.BytesIO(recipe.encode()), tag=mirror(name), rm=True)
        _copy_checkout(lab)
        yield SecondEngine(lab)


def _copy_checkout(lab: Machine) -> None:
    """Put the checkout where the engine looks for what commands mount or build: at the path that it has here."""
    path = str(images.CHECKOUT)
    # anew: a machine is kept, and with it what the checkout may no longer have
    script = 'rm -rf --one-file-system "$0" && mkdir -p "$0"'
    assert inside(lab.container, "sh", "-c", script, path) == (0, "")
    archive = io.BytesIO()
    docker.utils.tar(images.CHECKOUT, exclude=[".git", ".venv", ".*_cache"], fileobj=archive)
    assert lab.container.put_archive(path, archive.getvalue())
