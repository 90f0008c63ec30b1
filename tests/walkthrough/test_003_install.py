"""Steps 3-5: a bare server, reached by ssh, gets an engine, and a user who may use it.

Debian's packages are installed in place of Docker's own (docker-ce, docker-ce-cli, containerd.io, docker-buildx-plugin,
docker-compose-plugin), whose archive is out of a lab machine's reach: so its key is not fetched, and its line is
written and taken away again. The server is a container without systemd: what that would start the test starts.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import inside, put_files, wait_until
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT
from labcheck.walkthrough.lab import USER
from labcheck.walkthrough.window import RC, RC_TEXT, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.recorder import Recorder

pytestmark = pytest.mark.slow
IMAGES = ["debian:13"]
RECIPE = CHECKOUT / "labcheck" / "walkthrough" / "server"
PASSWORD = "password"  # noqa: S105 - of the user in that container
APT_SECONDS, START_SECONDS = 300, 60
SOCKET = "/var/run/docker.sock"
ENTER = "\n"


@pytest.fixture(scope="module")
def image(lab: Lab) -> Iterator[str]:
    """The image of the server, in the lab machine."""
    tag = toolimages.ensure(lab.engine, lab.source, RECIPE)
    lab.machine.bring(lab.engine, {tag: tag}, trusted=False)
    yield tag
    lab.client.images.remove(tag, force=True)


@pytest.fixture(scope="module")
def server(lab: Lab, image: str) -> Iterator[Container]:
    """The bare server: with what an engine in it needs, as the lab machine itself has it."""
    container = lab.client.containers.create(
        image,
        hostname="server",
        cap_add=["NET_ADMIN", "SYS_ADMIN"],
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        volumes=["/var/lib/docker"],
    )
    try:
        put_files(container, f"/home/{USER}", {".bash_profile": RC_TEXT.encode()})
        container.start()
        yield container
    finally:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def desk(lab: Lab, image: str, recorder: Recorder) -> Iterator[Window]:
    """A terminal on another machine, the main operating system."""
    container = lab.client.containers.create(image, ["sleep", "infinity"], hostname="desk", init=True)
    try:
        put_files(container, "/", {RC.lstrip("/"): RC_TEXT.encode()})
        container.start()
        window = Window(container, USER, "1", recorder.typed)
        yield window
        window.close()
    finally:
        container.remove(force=True, v=True)


@pytest.mark.step(3)
def test_ssh(server: Container, desk: Window) -> None:
    """`ssh` leads to a terminal on the server; it asks for the password, and at first for trust in the server."""
    address = _address(server)
    desk.start(f"ssh user@{address}", r"\(yes/no")
    desk.answer("yes")
    desk.see("password:")
    desk.answer(PASSWORD)
    desk.end()
    assert desk.type("hostname").text == "server"
    assert re.fullmatch(r"/dev/pts/\d+", desk.type("tty").text)


@pytest.mark.step(4)
def test_indexes(desk: Window) -> None:
    """`apt-get update` fetches the indexes: before that apt knows of no package but those that are installed."""
    assert desk.type("apt-cache search --names-only '^curl$'").text == ""
    assert "Reading package lists" in desk.type("sudo apt-get update", seconds=APT_SECONDS).text
    assert desk.type("apt-cache search --names-only '^curl$'").text.startswith("curl - ")


@pytest.mark.step(5)
def test_a_line_goes_on(desk: Window) -> None:
    r"""A `\` at the end of a line is no part of the command: after Enter it goes on in the next line."""
    assert desk.type(f"echo one \\{ENTER}two").text == "one two"


@pytest.mark.step(5)
def test_needed_packages(desk: Window) -> None:
    """`apt-get install` asks, and installs `curl` and the certificates of authorities that it trusts."""
    desk.type("curl --version", code=127)
    desk.start("sudo apt-get install ca-certificates curl", r"\[Y/n\]", seconds=APT_SECONDS)
    desk.answer("y")
    assert "Setting up curl" in desk.end(seconds=APT_SECONDS).text
    assert desk.type("curl --version").text.startswith("curl ")
    desk.type("test -s /etc/ssl/certs/ca-certificates.crt")


@pytest.mark.step(5)
def test_keyrings(desk: Window) -> None:
    """`install -d` makes the folder for keys of archives: root's, and readable for all."""
    desk.type("sudo install -m 0755 -d /etc/apt/keyrings")
    assert desk.type("stat --format '%F %a %U' /etc/apt/keyrings").text == "directory 755 root"


@pytest.mark.step(5)
def test_line_of_the_archive(desk: Window) -> None:
    """The command of several lines writes one line: the machine's architecture and release are put into it."""
    desk.type(
        f"echo \\{ENTER}"
        f'  "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc]'
        f" https://download.docker.com/linux/ubuntu \\{ENTER}"
        f'  $(. /etc/os-release && echo "$VERSION_CODENAME") stable" | \\{ENTER}'
        f"  sudo tee /etc/apt/sources.list.d/docker.list > /dev/null"
    )
    (line,) = desk.type("cat /etc/apt/sources.list.d/docker.list").text.splitlines()
    architecture = desk.type("dpkg --print-architecture").text
    signed = "signed-by=/etc/apt/keyrings/docker.asc]"
    archive = "https://download.docker.com/linux/ubuntu"
    assert line.split() == ["deb", f"[arch={architecture}", signed, archive, "trixie", "stable"]
    desk.type("sudo rm /etc/apt/sources.list.d/docker.list")


@pytest.mark.step(5)
def test_installation(server: Container, desk: Window) -> None:
    """`apt-get install` brings daemon, CLI, buildx and compose; started, the daemon answers HTTP: the engine's API."""
    desk.start(
        "sudo apt-get install docker.io docker-cli docker-buildx docker-compose", r"\[Y/n\]", seconds=APT_SECONDS
    )
    desk.answer("y")
    assert "Setting up docker.io" in desk.end(seconds=APT_SECONDS).text
    server.exec_run(["sh", "-c", "exec dockerd > /proc/1/fd/1 2>&1"], detach=True)  # into the container's log
    wait_until(server, lambda: inside(server, "test", "-S", SOCKET)[0] == 0, "the engine listens", START_SECONDS)
    version = desk.type("sudo curl --silent --unix-socket /var/run/docker.sock http://localhost/version").text
    assert json.loads(version)["ApiVersion"] in desk.type("sudo docker version").text


@pytest.mark.step(5)
def test_not_in_the_group(desk: Window) -> None:
    """Who is not in the group docker gets no answer from the daemon but "permission denied", unless with sudo."""
    text = desk.type("docker version", code=1).text
    assert text.startswith("Client:")
    assert "permission denied while trying to connect to the Docker daemon socket" in text
    assert "Server:" in desk.type("sudo docker version").text


@pytest.mark.step(5)
def test_not_before_a_new_login(desk: Window) -> None:
    """`usermod -aG docker $USER` adds whom `$USER` names to the group; the session at hand knows nothing of it."""
    assert desk.type("echo $USER").text == "user"
    desk.type("sudo usermod -aG docker $USER")
    assert desk.type("getent group docker").text.endswith(":user")
    assert "docker" not in desk.type("id --groups --name").text.split()
    assert "permission denied" in desk.type("docker version", code=1).text


@pytest.mark.step(5)
def test_after_a_new_login(server: Container, desk: Window) -> None:
    """After a new login the user is in the group, still in those of before, and `docker version` needs no sudo."""
    before = set(desk.type("id --groups --name").text.split())
    assert "closed" in desk.type("exit", code=None).text
    address = _address(server)
    desk.start(f"ssh user@{address}", "password:")
    desk.answer(PASSWORD)
    desk.end()
    assert set(desk.type("id --groups --name").text.split()) == before | {"docker"}
    text = desk.type("docker version").text
    assert text.startswith("Client:")
    assert re.search(r"^Server:\n Engine:\n  Version: +\d+\.\d+", text, re.MULTILINE)


@pytest.mark.step(5)
def test_compose(desk: Window) -> None:
    """`docker compose version` answers, by a plugin of the CLI; Debian's package has it as `docker-compose` too."""
    version = desk.type("docker compose version").text
    assert re.match(r"Docker Compose version v?2\.", version)
    assert desk.type("docker-compose version").text == version


@pytest.mark.step(5)
def test_the_group_is_as_good_as_root(lab: Lab) -> None:
    """Who may use docker can do what root can: read the passwords' file, say, through a container."""
    window = lab.window(2)
    assert "Permission denied" in window.type("head -n 1 /etc/shadow", code=1).text
    text = window.type("docker run --rm -v /etc:/machine debian:13 head -n 1 /machine/shadow").text
    assert text.splitlines()[-1].startswith("root:")


def _address(container: Container) -> str:
    container.reload()
    return str(container.attrs["NetworkSettings"]["IPAddress"])
