"""The lab's images, as `make build-all` leaves them: what they are made of, what they weigh, that they answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from labcheck import images
from labcheck.containers import published_port, wait_until
from labcheck.images import CHECKOUT, LAB_IMAGES, LabImage

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.networks import Network

    from labcheck.bases import Source
    from tests.conftest import Start

VARIANTS = ["Dockerfile", "Dockerfile.slim", "Dockerfile.alpine"]
HELLO = ["flask:clean", "flask:slim", "flask:alpine", "flask:latest"]
MB = 1_000_000
PASSWORD = "123"  # noqa: S105 - the lab's, step 140


def own_bytes(engine: DockerClient, source: Source, image: LabImage) -> int:
    """Return what an image of the lab adds to its base."""
    return images.size(engine, image.tags[0]) - images.size(engine, source.reference(image.base))


def test_the_three_dockerfiles_differ_in_their_from_alone() -> None:
    """Dockerfile, .slim and .alpine are one file on three bases (step 127 changes the first line and nothing else)."""
    texts = {re.sub(r"^FROM .*$", "FROM", (CHECKOUT / name).read_text(), flags=re.MULTILINE) for name in VARIANTS}
    assert len(texts) == 1


@pytest.mark.parametrize("name", [*VARIANTS, "var_keeper/Dockerfile"])
def test_a_dockerfile_is_the_labs_six_instructions_and_at_most_two_more(name: str) -> None:
    """The six of step 113; a second COPY and STOPSIGNAL are added, each with its reason in a comment."""
    lines = [line for line in (CHECKOUT / name).read_text().splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    assert words == ["FROM", "WORKDIR", "COPY", "RUN", "COPY", "STOPSIGNAL", "ENTRYPOINT", "CMD"]
    assert 'ENTRYPOINT [ "python" ]' in lines
    assert 'CMD [ "app.py" ]' in lines


def test_every_requirement_is_pinned_and_the_keeper_adds_its_connector_alone() -> None:
    """requirements.txt is what pip freeze gives (step 111); the keeper's has the connector of step 134 besides."""
    hello = (CHECKOUT / "requirements.txt").read_text().split()
    keeper = (CHECKOUT / "var_keeper" / "requirements.txt").read_text().split()
    assert all(re.fullmatch(r"[\w.-]+==[\d.]+", line) for line in keeper)
    added = set(keeper) - set(hello)
    assert [line.partition("==")[0] for line in added] == ["mysql-connector-python"]
    assert set(hello) < set(keeper)


@pytest.mark.parametrize("tag", HELLO)
def test_pip_freeze_in_the_image_gives_requirements_txt(start: Start, tag: str) -> None:
    """What is installed is what is listed, to the letter (step 111)."""
    container = start(tag, ["-m", "pip", "freeze"])
    assert container.wait(timeout=60)["StatusCode"] == 0
    assert container.logs(stderr=False).decode() == (CHECKOUT / "requirements.txt").read_text()


@pytest.mark.parametrize("tag", HELLO)
def test_hello_answers_and_stops_at_once(start: Start, tag: str) -> None:
    """The published port shows Hello, World! (step 116); docker stop ends it with exit code 0, not by force."""
    container = start(tag, ports={"5000/tcp": ("127.0.0.1", 0)})
    wait_until(container, lambda: b"Running on" in container.logs(), "the server runs")
    assert requests.get(f"http://127.0.0.1:{published_port(container, 5000)}/", timeout=5).text == "Hello, World!"
    container.stop(timeout=8)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0


def test_our_layers_on_alpine_are_small(engine: DockerClient, source: Source) -> None:
    """On alpine our own layers are at most 6 MB, where the lab's own come to 10.4 (steps 117-128)."""
    alpine = next(image for image in LAB_IMAGES if "flask:alpine" in image.tags)
    assert own_bytes(engine, source, alpine) <= 6 * MB


@pytest.mark.parametrize("image", LAB_IMAGES, ids=lambda image: image.tags[0])
def test_no_bytecode_and_no_pip_cache_in_our_layers(start: Start, image: LabImage) -> None:
    """What pip and Python write by the way is not in the image."""
    search = r"find / -xdev \( -name '*.pyc' -o -path /root/.cache \) | head"
    container = start(image.tags[0], ["-c", search], entrypoint=["sh"])
    assert container.wait(timeout=60)["StatusCode"] == 0
    assert container.logs() == b""


def test_latest_is_the_alpine_image(engine: DockerClient) -> None:
    """flask:latest is flask:alpine under another name (step 131)."""
    assert engine.images.get("flask:latest").id == engine.images.get("flask:alpine").id


def test_keeper_keeps_a_value(start: Start, network: Network, source: Source) -> None:
    """The keeper connects, says the four lines of step 141, and returns what was posted (142, 143)."""
    start(
        source.reference("mysql:8.4"),
        network=network.name,
        name=f"{network.name}-db",
        environment={"MYSQL_ROOT_PASSWORD": PASSWORD},
    )
    keeper = start(
        "var_keeper:latest",
        network=network.name,
        environment={"DB_HOST": f"{network.name}-db"},
        ports={"5000/tcp": ("127.0.0.1", 0)},
    )
    wait_until(keeper, lambda: b"Running on" in keeper.logs(), "the keeper has found its database", seconds=90)
    log = keeper.logs(stderr=False).decode()
    ended = log[log.rindex("Connection to db:") :]
    assert ended.splitlines()[:4] == ["Connection to db:ОК", "Create db:ОК", "Change db:ОК", "Create table:ОК"]  # noqa: RUF001
    address = f"http://127.0.0.1:{published_port(keeper, 5000)}/var"
    nasty = "it's 100 % «значение» \" \\ 😀"
    assert requests.get(f"{address}/a", timeout=5).status_code == 404
    assert requests.post(f"{address}/a", data={"value": nasty}, timeout=5).text == "OK"
    assert requests.get(f"{address}/a", timeout=5).text == nasty
    assert requests.get(f"{address}/A", timeout=5).status_code == 404
    for name, data in (("a", {}), ("a", {"value": "x" * 101}), ("n" * 101, {"value": "x"})):
        answer = requests.post(f"{address}/{name}", data=data, timeout=5)
        assert answer.status_code == 400
        assert answer.text
    assert requests.get(f"{address}/a", timeout=5).text == nasty
    assert "app.py" in str(keeper.exec_run("ps").output)
