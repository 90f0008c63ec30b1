"""Fixtures of the rubric: what was handed in, built and started once, and why not where that failed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import docker.errors
import pytest
from rich.console import Console

from labcheck.checks import keeper as keepers
from labcheck.checks import plugin, staging, starting, testbed
from labcheck.checks.keeper import Keeper
from labcheck.checks.netplan_generator import generator
from labcheck.checks.testbed import Database, LabContainer, WebApp
from labcheck.checks.trial import Built, Trial
from labcheck.checks.verdicts import Mismatch, UngradableError, there
from labcheck.i18n import _
from labcheck.images import lab as images
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker.models.volumes import Volume
    from testcontainers.core.network import Network

    from labcheck.images.bases import Source
    from labcheck.submission.submission import Submission

T = TypeVar("T")
Measured = Callable[[str], None]
Weighed = Callable[..., None]
Netplan = Callable[[dict[str, bytes]], dict[str, Any]]
GENERATOR = CHECKOUT / "labcheck" / "checks" / "netplan_generator"
HELLO = CHECKOUT / "flask_app" / "app.py"


@pytest.fixture(scope="session")
def handed_in(pytestconfig: pytest.Config) -> Submission:
    """What is checked: the reference, or what --submission and --image name."""
    return pytestconfig.stash[plugin.SUBMISSION]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """A function that takes a sentence about what was measured; the run's summary says it."""
    return lambda sentence: record_property("measured", sentence)


@pytest.fixture
def weighed(
    engine: DockerClient, source: Source, handed_in: Submission, record_property: Callable[[str, object], None]
) -> Weighed:
    """A function that puts a student's image into the results: what it is, its base, its size, its layers."""

    def weigh(kind: str, image: str) -> None:
        whole, base = images.size(engine, image), images.base_of(engine, source, image)
        own = whole - images.size(engine, source.reference(base)) if base else None
        attributes = engine.images.get(image).attrs
        said = {"tag": kind, "bytes": whole, "own_bytes": own, "base": base, "id": attributes["Id"]}
        said |= {"handed_in": kind == "var_keeper" and handed_in.has_image}
        record_property(plugin.IMAGE, {**said, "layers": attributes["RootFS"].get("Layers", [])})

    return weigh


@pytest.fixture(scope="session")
def trial(engine: DockerClient, source: Source) -> Iterator[Trial]:
    """Where images of this run are built; their names are taken off after it."""
    made = Trial(engine, source, Console(stderr=True))
    yield made
    made.close()


@pytest.fixture(scope="session")
def context(handed_in: Submission, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context as it was on the student's machine, junk and all."""
    return staging.stage(handed_in, tmp_path_factory.mktemp("context") / "submission")


@pytest.fixture(scope="session")
def build_result(handed_in: Submission, trial: Trial, context: Path) -> Built | Mismatch:
    """The image of the Dockerfile that counts, or why there is none."""
    if handed_in.dockerfile is None:
        hint = _("Docker looks for a file that is named Dockerfile, to the letter (step 113).")
        misnamed = [name for name in handed_in.misnamed if "ignore" not in name.lower()]
        return Mismatch("Dockerfile", ", ".join(misnamed), hint)
    return trial.build(context, handed_in.dockerfile)


@pytest.fixture(scope="session")
def built(build_result: Built | Mismatch, pytestconfig: pytest.Config) -> Built:
    """The image of the Dockerfile that counts."""
    return _or_skip(build_result, "build.dockerfile_builds", pytestconfig)


@pytest.fixture(scope="session")
def inside(built: Built) -> Iterator[LabContainer]:
    """A container of the image that runs nothing of the student's: to look at what is in it."""
    with LabContainer(built.tag, entrypoint=["tail"], command=["-f", "/dev/null"], user="root") as container:
        yield container


@pytest.fixture(scope="session")
def app_result(handed_in: Submission, request: pytest.FixtureRequest) -> Iterator[WebApp | Mismatch]:
    """A running container of the app, or why it does not run; var_keeper, where it is the app, has its database."""
    if handed_in.app_is_keeper:
        yield request.getfixturevalue("keeper_result")
        return
    app = WebApp(request.getfixturevalue("built").tag)
    try:
        yield starting.start(app) or app
    finally:
        app.stop()


@pytest.fixture(scope="session")
def app(app_result: WebApp | Mismatch, pytestconfig: pytest.Config) -> WebApp:
    """A running container of the app."""
    return _or_skip(app_result, "run.app_starts", pytestconfig)


@pytest.fixture(scope="session")
def keeper_image_result(
    handed_in: Submission, trial: Trial, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> str | Mismatch:
    """The image of var_keeper: as handed in, else by a Dockerfile, else made the lab's way."""
    if handed_in.has_image:
        return _handed_in_image(trial, handed_in)
    app = there(handed_in.keeper)
    if handed_in.keeper_dockerfile:
        staged = staging.copy(app.parent, tmp_path_factory.mktemp("keeper") / "keeper")
        own = trial.build(staged, handed_in.keeper_dockerfile)
        return own.tag if isinstance(own, Built) else own
    result: Built | Mismatch = request.getfixturevalue("build_result")
    if isinstance(result, Mismatch):
        return result
    if handed_in.app_is_keeper:
        if keepers.has_connector(result.tag):
            return result.tag
        # before step 135 changed app.py, the image held the hello app: it is what flask_base was started from
        return keepers.make_the_labs_way(trial, result.tag, app, before=HELLO)
    return keepers.make_the_labs_way(trial, result.tag, app)


@pytest.fixture(scope="session")
def keeper_image(keeper_image_result: str | Mismatch, pytestconfig: pytest.Config) -> str:
    """The image of var_keeper."""
    return _or_skip(keeper_image_result, "keeper.image", pytestconfig)


@pytest.fixture(scope="session")
def lab_network() -> Iterator[Network]:
    """The network of step 140."""
    with testbed.network() as made:
        yield made


@pytest.fixture(scope="session")
def database(mysql: str, lab_network: Network) -> Iterator[Database]:
    """The database of step 140, started once."""
    with Database(mysql, lab_network) as started:
        yield started


@pytest.fixture(scope="session")
def keeper_result(
    keeper_image: str,
    database: Database,  # noqa: ARG001 - it is to be there first
    lab_network: Network,
) -> Iterator[Keeper | Mismatch]:
    """A running container of var_keeper (step 141), or why it does not run."""
    started = Keeper(keeper_image, network=lab_network)
    try:
        yield starting.start(started) or started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def keeper(keeper_result: Keeper | Mismatch, pytestconfig: pytest.Config) -> Keeper:
    """A running container of var_keeper, shared by checks that leave it whole."""
    return _or_skip(keeper_result, "keeper.app_starts", pytestconfig)


@pytest.fixture(scope="module")
def own_network() -> Iterator[Network]:
    """A network for the checks that need a database to themselves."""
    with testbed.network() as made:
        yield made


@pytest.fixture(scope="module")
def own_database(mysql: str, own_network: Network) -> Iterator[Database]:
    """A database that nobody else uses; `new_keeper` empties it."""
    with Database(mysql, own_network) as started:
        yield started


@pytest.fixture
def own_volume(volume: Volume) -> str:
    """A volume for the data of a database that is replaced."""
    return str(volume.name)


@pytest.fixture
def new_keeper(keeper_image: str, own_database: Database, own_network: Network) -> Iterator[Keeper]:
    """A var_keeper of the check's own and an empty database: for what could break either."""
    own_database.drop()
    with starting.running(Keeper(keeper_image, network=own_network)) as started:
        yield started


@pytest.fixture(scope="session")
def netplan(engine: DockerClient, source: Source) -> Iterator[Netplan]:
    """A function that merges netplan's files as a machine would, with netplan's own generator, in a container."""
    image = toolimages.ensure(engine, source, GENERATOR)
    with LabContainer(image, network_mode="none") as container:
        yield partial(generator.merge, container)


def _handed_in_image(trial: Trial, handed_in: Submission) -> str | Mismatch:
    if handed_in.image_trouble:
        raise UngradableError(handed_in.image_trouble)
    if handed_in.image_fault:
        hint = _("The repository is public, its full name is in the report, and the push went through (steps 145-148).")
        return Mismatch(_("an image that anybody can pull"), handed_in.image_fault, hint)
    image = there(handed_in.image)
    try:
        found = trial.engine.images.get(image)
    except docker.errors.ImageNotFound as error:
        raise UngradableError(_("The engine has no image {image}.").format(image=image)) from error
    theirs, ours = found.attrs["Architecture"], trial.engine.version()["Arch"]
    if theirs != ours:
        raise UngradableError(
            _("The image is for another kind of processor, {theirs}: this machine is {ours}.").format(
                theirs=theirs, ours=ours
            )
        )
    return image


def _or_skip(result: T | Mismatch, check: str, config: pytest.Config) -> T:
    if isinstance(result, Mismatch):
        plugin.skip_without(config, check)
    return result
