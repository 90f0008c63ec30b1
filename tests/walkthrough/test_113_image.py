"""Steps 113-128: the hello app's image, and how it is made smaller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import wait_until
from labcheck.images.lab import CHECKOUT, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["python:3.10.6", "python:3.10.6-alpine"]
HELLO = "Hello, World!"
SECONDS = 300
MB = 1_000_000
DOCKERFILE = """FROM python:3.10.6
WORKDIR /app
COPY / /app
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
"""


@pytest.fixture(scope="module", autouse=True)
def _folder(lab: Lab) -> Iterator[None]:
    """The folder as step 112 leaves it: the app, its requirements, and a virtual environment of the usual size."""
    home = lab.machine.home / "walkthrough"
    lab.as_root("rm -rf /machine/walkthrough")  # the machine is kept: another section may have left its files
    home.mkdir()
    for name, file in (("app.py", "flask_app/app.py"), ("requirements.txt", "requirements.txt")):
        (home / name).write_bytes((CHECKOUT / file).read_bytes())
    lab.as_root(
        "mkdir -p /home/user/tutorial/flask && cp /machine/walkthrough/* /home/user/tutorial/flask/"
        " && cd /home/user/tutorial/flask && python3 -m venv venv && venv/bin/pip install -q -r requirements.txt"
        " && chown -R user:user /home/user/tutorial"
    )
    lab.window(1).type("cd ~/tutorial/flask")
    yield
    lab.begin()
    lab.forget_images()


@pytest.mark.step(113)
def test_dockerfile(window: Window) -> None:
    """A file `Dockerfile` of six instructions says how the image is made."""
    window.type("cat > Dockerfile <<'END'\n" + DOCKERFILE + "END")
    assert len(window.type("cat Dockerfile").text.splitlines()) == 6


@pytest.mark.step(114)
def test_build(window: Window) -> None:
    """`docker build -t flask .` pulls the base, runs the instructions, and names the image."""
    text = window.type("docker build -t flask .", seconds=SECONDS).text
    assert re.search(r"naming to docker\.io/library/flask|Successfully tagged flask:latest", text)


@pytest.mark.step(114)
def test_layers(lab: Lab, window: Window) -> None:
    """On the base's layers lie three: ENTRYPOINT and CMD, unlike the text says, make none and run when it starts."""
    newest = [(row[2].split()[0], row[3] == "0B") for row in window.type("docker history flask").rows[:4]]
    assert newest == [("CMD", True), ("ENTRYPOINT", True), ("RUN", False), ("COPY", False)]
    base = lab.engine.images.get(lab.source.reference(IMAGES[0])).attrs["RootFS"]["Layers"]
    made = _layers(lab, "flask")
    assert made[: len(base)] == base
    assert len(made) == len(base) + 3


@pytest.mark.step(114)
def test_arguments(window: Window) -> None:
    """What follows the image's name takes the place of CMD and is added to ENTRYPOINT."""
    for arguments, runs in (("", "[app.py]"), ("--version", "[--version]")):
        made = window.type(f"docker create flask {arguments}").text
        assert window.type(f"docker inspect -f '{{{{.Path}}}} {{{{.Args}}}}' {made}").text == f"python {runs}"
        window.type(f"docker rm {made}")
    assert window.type("docker run --rm flask --version").text.startswith("Python 3.")


@pytest.mark.step(114)
def test_dockerfile_elsewhere(lab: Lab, window: Window) -> None:
    """With `--file` the Dockerfile lies elsewhere, its paths are the build context's; a tag may be given too."""
    window.type("mkdir ~/recipes && cp Dockerfile ~/recipes/")
    window.type("docker build -t flask:1.0 --file ~/recipes/Dockerfile .", seconds=SECONDS)
    assert _layers(lab, "flask:1.0") == _layers(lab, "flask:latest")
    window.type("docker rmi flask:1.0")


@pytest.mark.step(114)
def test_path_above(window: Window) -> None:
    """`..` leads no higher than the build context: an error of the classic builder, the context itself for BuildKit."""
    window.type("touch ../beside && printf 'FROM flask\\nCOPY .. /found\\n' > ~/recipes/above")
    window.type("docker build -t above --file ~/recipes/above .", seconds=SECONDS)
    here = window.type("ls").text.split()
    assert window.type("docker run --rm --entrypoint ls above /found").text.split() == here
    window.type("docker rmi above")
    text = window.type("DOCKER_BUILDKIT=0 docker build -t above --file ~/recipes/above .", code=1).text
    assert "forbidden path outside the build context" in text


@pytest.mark.step(115)
def test_it_is_listed(window: Window) -> None:
    """The image is in the list as flask:latest."""
    assert ["flask", "latest"] in [row[:2] for row in window.type("docker image ls").rows]


@pytest.mark.step(115)
def test_a_failed_build(window: Window) -> None:
    """A build that fails leaves unfinished images `<none>` with the classic builder, none with BuildKit, today's."""
    recipe = "FROM python:3.10.6-alpine\\nRUN touch /begun\\nRUN false\\n"
    window.type(f"mkdir ~/broken && printf '{recipe}' > ~/broken/Dockerfile")
    window.type("docker build -t broken ~/broken", code=1, seconds=SECONDS)
    assert {"broken", "<none>"}.isdisjoint(row[0] for row in window.type("docker image ls").rows)
    window.type("DOCKER_BUILDKIT=0 docker build -t broken ~/broken", code=1, seconds=SECONDS)
    (unfinished,) = [row[2] for row in window.type("docker image ls").rows if row[0] == "<none>"]
    assert "used by stopped container" in window.type(f"docker rmi {unfinished}", code=1).text
    window.type("docker container prune -f")
    window.type(f"docker rmi {unfinished}")
    assert "<none>" not in [row[0] for row in window.type("docker image ls").rows]


@pytest.mark.step(116)
def test_run(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """`docker run --rm -p 80:5000 flask` serves the greeting on port 80; Ctrl+C ends it, and it is gone."""
    window.start("docker run --rm -p 80:5000 flask", "Running on http://")
    assert browser.open(f"http://{lab.address}/") == HELLO
    assert lab.window(2).type("curl 127.0.0.1").text.startswith(HELLO)
    window.press("ctrl+c")
    window.end()
    assert window.type("docker ps -a").rows == []


@pytest.mark.step(117)
def test_it_is_heavy(lab: Lab, window: Window) -> None:
    """The image has some 900 MB, for an app of a few lines."""
    assert ["flask", "latest"] in [row[:2] for row in window.type("docker image ls").rows]
    assert 850 * MB < size(lab.client, "flask:latest") < 1100 * MB


@pytest.mark.step(120)
def test_what_came_along(window: Window) -> None:
    """In the image lie the Dockerfile and the environment too; `docker exec` begins in WORKDIR."""
    window.type("docker run -d --rm --name=subject flask")
    found = set(window.type("docker exec subject ls").text.split())
    assert found == {"Dockerfile", "app.py", "requirements.txt", "venv"}
    assert window.type("docker exec subject pwd").text == "/app"


@pytest.mark.step(121)
def test_junk_is_measured(window: Window) -> None:
    """`du` shows what each takes: the environment, which nobody needs there, is nearly all, some 25 MB."""
    text = window.type("docker exec subject du -ha --max-depth=1").text
    sizes = {name.removeprefix("./"): value for value, name in (line.split() for line in text.splitlines())}
    assert set(sizes) == {"Dockerfile", "app.py", "requirements.txt", "venv", "."}
    assert 15 < float(sizes["venv"].removesuffix("M")) < 60
    window.type("docker stop -t 1 subject")


@pytest.mark.step(118, 119, 122, 123)
def test_dockerignore(window: Window) -> None:
    """`.dockerignore` keeps both out of the build context."""
    window.type("printf 'venv/\\nDockerfile\\n' > .dockerignore")
    assert window.type("cat .dockerignore").text == "venv/\nDockerfile"


@pytest.mark.step(122, 124)
def test_clean(window: Window) -> None:
    """Built anew as flask:clean, the image has them no more; `.dockerignore` itself is in it, unlike the text says."""
    window.type("docker build -t flask:clean .", seconds=SECONDS)
    found = set(window.type("docker run --rm --entrypoint ls flask:clean -A").text.split())
    assert found == {".dockerignore", "app.py", "requirements.txt"}


@pytest.mark.step(122)
def test_copy_by_name(window: Window) -> None:
    """The other way, two lines COPY in the Dockerfile, does the same."""
    edited = "sed 's|^COPY / /app|COPY requirements.txt /app\\nCOPY app.py /app|' Dockerfile"
    window.type(f"{edited} > ~/Dockerfile.named")
    window.type("docker build -t flask:named -f ~/Dockerfile.named .", seconds=SECONDS)
    found = set(window.type("docker run --rm --entrypoint ls flask:named -A").text.split())
    assert found == {"app.py", "requirements.txt"}


@pytest.mark.step(124)
def test_without_a_tag(lab: Lab, window: Window) -> None:
    """Without a tag it is `latest`, and the name goes over to what is built next."""
    window.type("docker build -t again -f ~/Dockerfile.named .", seconds=SECONDS)
    assert _layers(lab, "again:latest") == _layers(lab, "flask:named")
    window.type("docker build -t again .", seconds=SECONDS)
    assert _layers(lab, "again:latest") == _layers(lab, "flask:clean")
    assert [row[:2] for row in window.type("docker image ls again").rows] == [["again", "latest"]]
    window.type("docker rmi again flask:named")


@pytest.mark.step(125)
def test_it_is_smaller(lab: Lab, window: Window) -> None:
    """The tag clean is smaller than latest by what the junk took."""
    tags = {row[1] for row in window.type("docker image ls flask").rows}
    assert {"clean", "latest"} <= tags
    saved = size(lab.client, "flask:latest") - size(lab.client, "flask:clean")
    assert 15 * MB < saved < 60 * MB


@pytest.mark.step(126)
def test_the_full_one_is_debian(window: Window) -> None:
    """The base so far is Debian, not Ubuntu as the text has it."""
    text = window.type("docker run --rm --entrypoint cat python:3.10.6 /etc/os-release").text
    assert "ID=debian" in text.splitlines()


@pytest.mark.step(126, 127)
def test_alpine(lab: Lab, window: Window) -> None:
    """With another first line, on alpine, the same app is built."""
    window.type("sed -i '1s/.*/FROM python:3.10.6-alpine/' Dockerfile")
    assert window.type("head -1 Dockerfile").text == "FROM python:3.10.6-alpine"
    window.type("docker build -t flask:alpine .", seconds=SECONDS)
    window.type("docker run -d --rm --name=subject -p 80:5000 flask:alpine")
    command = "curl -fs 127.0.0.1 || true"
    wait_until(lab.machine.container, lambda: lab.as_root(command) == HELLO, "it answers", 20)
    window.type("docker stop -t 1 subject")


@pytest.mark.step(128)
def test_alpine_is_small(lab: Lab, window: Window) -> None:
    """It has some 60 MB."""
    assert "alpine" in {row[1] for row in window.type("docker image ls flask").rows}
    assert 50 * MB < size(lab.client, "flask:alpine") < 75 * MB


def _layers(lab: Lab, name: str) -> list[str]:
    """Return the layers of an image of the machine's, by their content's ids."""
    return list(lab.client.images.get(name).attrs["RootFS"]["Layers"])
