"""Fixtures of all tests: the engine, the lab's base images, and things on the engine that are gone after the test."""

from __future__ import annotations

import functools
import os
import signal
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from docker.models.containers import Container
from rich.console import Console
from xdist.scheduler import LoadScopeScheduling

from labcheck.engine import connection as labcheck_engine
from labcheck.engine import ownership
from labcheck.engine.record import Record
from labcheck.images import bases, bundled, toolimages
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.networks import Network
    from docker.models.volumes import Volume
    from xdist.remote import Producer

    from labcheck.images.bases import Source


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job is deaf to Ctrl-C, which tests press
    signal.signal(signal.SIGINT, signal.default_int_handler)

READY_MYSQL = images.CHECKOUT / "labcheck" / "images" / "ready_mysql"


class _Scheduling(LoadScopeScheduling):
    """Tests go to workers by module, whose fixtures they share; some share an engine, mutants share nothing.

    Those that grade in lab machines look whether one is left running: they are not to see each other.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/commands/"):
            return "tests/commands"
        if nodeid.startswith(("tests/check/", "tests/hostile/", "tests/machine/", "tests/scale/")):
            return "the lab machine"
        return nodeid if nodeid.startswith("tests/mutants/") else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    """Hand out tests as `_Scheduling` says."""
    return _Scheduling(config, log)


@functools.cache
def _in_a_room() -> bool:
    """Tell whether a bundle was loaded into the engine: then no registry is in reach, and nothing is as without one."""
    with closing(labcheck_engine.connect()) as client:
        return bundled.source(client) is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what asks for a network in a room that has none, and say what was not checked."""
    if (marker := item.get_closest_marker("outside")) and _in_a_room():
        pytest.skip(f"in a room, with a bundle loaded, not checked: {marker.args[0]}")


class Start(Protocol):
    """The type of the fixture `start`."""

    def __call__(self, image: str, command: str | list[str] | None = None, **options: Any) -> Container:  # noqa: ANN401
        """Start a container; `options` are those of docker-py's `containers.create`."""


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerClient]:
    """The Docker engine that `make engine` found or started."""
    client = labcheck_engine.connect()
    yield client
    client.close()


@pytest.fixture(scope="session")
def source(engine: DockerClient) -> Source:
    """Where the lab's base images came from: as `make build-all` decided it."""
    return images.choose_source(engine, os.environ.get("HUB", ""), Console(stderr=True))


@pytest.fixture(scope="session")
def base(engine: DockerClient, source: Source) -> Callable[[str], str]:
    """A function from an official name (`mysql:8.4`) to the image that stands for it on this engine."""

    @functools.cache
    def got(name: str) -> str:
        if not bases.brought() and bases.missing(engine, source, [name]):  # beyond the lab's own
            record = Record(engine)
            with record.working(lambda _pid: None):
                images.have_bases(record, source, Console(stderr=True), [name])
        return source.reference(name)

    return got


@pytest.fixture(scope="session")
def mysql(engine: DockerClient, source: Source) -> str:
    """The image of the database, its first start behind it."""
    return toolimages.ensure(engine, source, READY_MYSQL)


@pytest.fixture
def leavings() -> Iterator[list[Container | Network | Volume]]:
    """What the test made on the engine; removed after it, containers first."""
    made: list[Container | Network | Volume] = []
    yield made
    containers = [thing for thing in made if isinstance(thing, Container)]
    for container in reversed(containers):
        container.remove(force=True, v=True)
    for thing in reversed(made):
        if not isinstance(thing, Container):
            thing.remove()


@pytest.fixture
def start(engine: DockerClient, leavings: list[Container | Network | Volume]) -> Start:
    """A function that starts a container in the background."""

    def start_container(image: str, command: str | list[str] | None = None, **options: Any) -> Container:  # noqa: ANN401
        container = engine.containers.create(image, command, labels=ownership.run_labels(), detach=True, **options)
        leavings.append(container)
        container.start()
        return container

    return start_container


@pytest.fixture
def network(engine: DockerClient, leavings: list[Container | Network | Volume]) -> Network:
    """A bridge network of the test's own, on which container names resolve."""
    created = engine.networks.create(f"labcheck-{uuid.uuid4().hex[:12]}", labels=ownership.run_labels())
    leavings.append(created)
    return created


@pytest.fixture
def volume_options() -> dict[str, str]:
    """Options of the volume's driver; a test parametrizes them."""
    return {}


@pytest.fixture
def volume(
    engine: DockerClient, leavings: list[Container | Network | Volume], volume_options: dict[str, str]
) -> Volume:
    """An empty volume of the test's own."""
    name = f"labcheck-{uuid.uuid4().hex[:12]}"
    created = engine.volumes.create(name, driver_opts=volume_options, labels=ownership.run_labels())
    leavings.append(created)
    return created
