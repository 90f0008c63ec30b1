"""Fixtures of the rubric: what was handed in, built and started once, and why not where that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import docker.errors
import pytest
from rich.console import Console

from labcheck import keeper as keepers
from labcheck import plugin, starting, testbed
from labcheck.images import CHECKOUT
from labcheck.keeper import Keeper
from labcheck.staging import stage
from labcheck.testbed import Database, WebApp
from labcheck.trial import Built, Trial
from labcheck.verdicts import Mismatch, UngradableError, skip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient
    from testcontainers.core.network import Network

    from labcheck.bases import Source
    from labcheck.submission import Submission

Measured = Callable[[str], None]
HELLO = CHECKOUT / "flask_app" / "app.py"


@pytest.fixture(scope="session")
def handed_in(pytestconfig: pytest.Config) -> Submission:
    """What is checked: the reference, or what --submission and --image name."""
    return pytestconfig.stash[plugin.SUBMISSION]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """A function that takes a sentence about what was measured; the run's summary says it."""
    return lambda sentence: record_property("measured", sentence)


@pytest.fixture(scope="session")
def trial(engine: DockerClient, source: Source) -> Iterator[Trial]:
    """Where images of this run are built; their names are taken off after it."""
    made = Trial(engine, source, Console(stderr=True))
    yield made
    made.close()


@pytest.fixture(scope="session")
def context(handed_in: Submission, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context as it was on the student's machine, junk and all."""
    return stage(handed_in, tmp_path_factory.mktemp("context") / "submission")


@pytest.fixture(scope="session")
def build_result(handed_in: Submission, trial: Trial, context: Path) -> Built | Mismatch:
    """The image of the Dockerfile that counts, or why there is none."""
    if handed_in.dockerfile is None:
        return Mismatch("Dockerfile", ", ".join(handed_in.misnamed), f"Docker looks for a file named Dockerfile, exactly.")
    return trial.build(context, handed_in.dockerfile)


@pytest.fixture(scope="session")
def built(build_result: Built | Mismatch) -> Built:
    """The image of the Dockerfile that counts."""
    return _or_skip(build_result, "build.dockerfile_builds")


@pytest.fixture(scope="session")
def app_result(handed_in: Submission, request: pytest.FixtureRequest) -> Iterator[WebApp | Mismatch]:
    """A running container of the app, or why it does not run; where the app is var_keeper already, with its database."""
    if handed_in.app_is_keeper:
        yield request.getfixturevalue("keeper_result")
        return
    app = WebApp(request.getfixturevalue("built").tag)
    try:
        yield starting.start(app) or app
    finally:
        app.stop()


@pytest.fixture(scope="session")
def app(app_result: WebApp | Mismatch) -> WebApp:
    """A running container of the app."""
    return _or_skip(app_result, "run.app_starts")


@pytest.fixture(scope="session")
def keeper_image_result(
    handed_in: Submission, trial: Trial, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str | Mismatch:
    """The image of var_keeper: as handed in, else by a Dockerfile, else made the lab's way."""
    if handed_in.image:
        return _handed_in_image(trial, handed_in.image)
    if handed_in.keeper is None:
        skip("not handed in: keeper")
    if handed_in.keeper_dockerfile:
        result = trial.build(handed_in.keeper.parent, handed_in.keeper_dockerfile)
        return result.tag if isinstance(result, Built) else result
    result = request.getfixturevalue("build_result")
    if isinstance(result, Mismatch):
        return result
    if handed_in.app_is_keeper:
        if keepers.has_connector(result.tag):
            return result.tag
        # before step 135 changed app.py, the image held the hello app: it is what flask_base was started from
        before = stage(handed_in, tmp_path_factory.mktemp("before") / "submission", app=HELLO)
        result = trial.build(before, str(handed_in.dockerfile))
        if isinstance(result, Mismatch):
            return result
    return keepers.make_the_labs_way(trial, result.tag, handed_in.keeper)


@pytest.fixture(scope="session")
def keeper_image(keeper_image_result: str | Mismatch) -> str:
    """The image of var_keeper."""
    return _or_skip(keeper_image_result, "keeper.image")


@pytest.fixture(scope="session")
def lab_network() -> Iterator[Network]:
    """The network of step 140."""
    with testbed.network() as made:
        yield made


@pytest.fixture(scope="session")
def database(base: Callable[[str], str], lab_network: Network) -> Iterator[Database]:
    """The database of step 140, started once."""
    with Database(base("mysql:8.4"), lab_network) as started:
        yield started


@pytest.fixture(scope="session")
def keeper_result(keeper_image: str, database: Database, lab_network: Network) -> Iterator[Keeper | Mismatch]:
    """A running container of var_keeper (step 141), or why it does not run."""
    started = Keeper(keeper_image, network=lab_network)
    try:
        yield starting.start(started) or started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def keeper(keeper_result: Keeper | Mismatch) -> Keeper:
    """A running container of var_keeper, shared by checks that leave it whole."""
    return _or_skip(keeper_result, "keeper.app_starts")


@pytest.fixture(scope="module")
def own_network() -> Iterator[Network]:
    """A network for the checks that need a database to themselves."""
    with testbed.network() as made:
        yield made


@pytest.fixture(scope="module")
def own_database(base: Callable[[str], str], own_network: Network) -> Iterator[Database]:
    """A database that nobody else uses; `new_keeper` empties it."""
    with Database(base("mysql:8.4"), own_network) as started:
        yield started


@pytest.fixture
def new_keeper(keeper_image: str, own_database: Database, own_network: Network) -> Iterator[Keeper]:
    """A var_keeper of the check's own and an empty database: for what could break either."""
    own_database.drop()
    with Keeper(keeper_image, network=own_network) as started:
        yield started


def _handed_in_image(trial: Trial, image: str) -> str:
    try:
        trial.engine.images.get(image)
    except docker.errors.ImageNotFound as error:
        raise UngradableError(f"The engine has no image {image}.") from error
    return image


def _or_skip(result: object, check: str) -> object:
    if isinstance(result, Mismatch):
        skip(f"says nothing without the check {check}, which did not pass")
    return result
