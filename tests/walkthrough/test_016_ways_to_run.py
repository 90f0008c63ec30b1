"""Steps 16-29: nginx in the foreground, in the background and interactively, and containers that remove themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docker.models.containers import Container

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
STARTED = "start worker process"  # nginx is ready


@pytest.mark.step(16)
def test_pull(lab: Lab, window: Window) -> None:
    """`docker pull` fetches an image and makes no container."""
    lab.forget_images()
    assert "Downloaded newer image for nginx:latest" in window.type("docker pull nginx").text
    assert [row[:2] for row in window.type("docker image ls").rows] == [["nginx", "latest"]]
    assert window.type("docker ps -a").rows == []


@pytest.mark.step(17)
def test_attached(lab: Lab, window: Window) -> None:
    """`docker run` alone attaches the terminal: the server's log is shown, and what is typed reaches no shell."""
    window.start("docker run nginx", STARTED)
    window.answer("echo $((40 + 2))")
    window.see("echo")
    lab.await_containers(1)
    (container,) = lab.client.containers.list()
    assert container.status == "running"


@pytest.mark.step(18)
def test_ctrl_c_stops_it(lab: Lab, window: Window) -> None:
    """Ctrl+C ends the main process, and with it the container; no command was run in between."""
    window.press("ctrl+c")
    assert "42" not in window.end().text.split()
    lab.await_containers(0)
    assert window.type("docker ps").rows == []
    (row,) = window.type("docker ps -a").rows
    assert "Exited (0)" in " ".join(row)


@pytest.mark.step(17)
def test_input_is_not_passed_on(window: Window) -> None:
    """Unlike the text says, input goes to the container only with `-i`: without it, the output alone is attached."""
    assert window.type("echo hello | docker run --rm nginx cat").text == ""
    assert window.type("echo hello | docker run --rm -i nginx cat").text == "hello"


@pytest.mark.step(19)
def test_tty_of_the_machine(window: Window) -> None:
    """On the machine `tty` names the device of the terminal."""
    assert re.fullmatch(r"/dev/(pts/\d+|tty\d+)", window.type("tty").text)


@pytest.mark.step(20)
def test_no_tty_in_the_container(lab: Lab, window: Window) -> None:
    """A command after the image's name takes the place of the main one: without `-t` it has no terminal, and ends."""
    assert window.type("docker run nginx tty", code=1).text == "not a tty"
    lab.await_containers(0)
    assert window.type("docker ps").rows == []
    assert "Exited (1)" in " ".join(window.type("docker ps -a").rows[0])


@pytest.mark.step(21)
def test_detached(window: Window) -> None:
    """With `-d` the id is printed, and the terminal is free at once."""
    assert re.fullmatch(r"[0-9a-f]{64}", window.type("docker run -d nginx").text)


@pytest.mark.step(22)
def test_ps_shows_what_runs(window: Window) -> None:
    """`docker ps` lists the running container alone, `-a` the stopped ones too."""
    (row,) = window.type("docker ps").rows
    assert " ".join(row).count("Up ") == 1
    assert len(window.type("docker ps -a").rows) == 3


@pytest.mark.step(21)
def test_it_outlives_the_session(lab: Lab) -> None:
    """After the session is closed and another one opened, the container still runs."""
    (before,) = lab.window(1).type("docker ps").rows
    lab.close_windows()
    (after,) = lab.window(1).type("docker ps").rows
    assert after[0] == before[0]


@pytest.mark.step(23)
def test_stop_and_start(lab: Lab, window: Window) -> None:
    """`docker stop` and `docker start` take an id or a name; start wakes the same container, run makes another."""
    (row,) = window.type("docker ps").rows
    container, name = row[0], row[-1]
    assert window.type(f"docker stop {container}").text == container
    lab.await_containers(0)
    assert window.type("docker ps").rows == []
    window.type(f"docker start {name}")
    assert window.type("docker ps").rows[0][0] == container
    assert len(window.type("docker ps -a").rows) == 3
    window.type(f"docker stop {container}")
    lab.await_containers(0)


@pytest.mark.step(24)
def test_interactive(lab: Lab, window: Window) -> None:
    """`-it` gives the container a terminal of its own and passes the keyboard on."""
    window.start("docker run -it nginx", STARTED)
    lab.await_containers(1)
    (container,) = lab.client.containers.list()
    assert container.attrs["Config"]["Tty"] is True
    assert container.attrs["Config"]["OpenStdin"] is True


@pytest.mark.step(24, 25)
def test_interactive_nginx_looks_the_same(lab: Lab, window: Window) -> None:
    """No shell appears, as the text of 24 has it: nginx says the same as without `-it`, and Ctrl+C ends it."""
    window.press("ctrl+c")
    assert STARTED in window.end().text
    lab.await_containers(0)
    assert window.type("docker ps").rows == []
    newest, *_others, oldest = lab.client.containers.list(all=True)
    assert _messages(newest) == _messages(oldest)


@pytest.mark.step(26)
def test_tty_in_the_container(window: Window) -> None:
    """With `-it` there is a terminal in the container."""
    assert re.fullmatch(r"/dev/pts/\d+", window.type("docker run -it nginx tty").text)


@pytest.mark.step(27)
def test_all_containers_go(window: Window) -> None:
    """All of them can be removed, here with one `docker container prune`."""
    assert len(window.type("docker ps -a").rows) == 5
    window.type("docker container prune -f")
    assert window.type("docker ps -a").rows == []


@pytest.mark.step(28)
def test_rm_while_it_runs(window: Window) -> None:
    """With `--rm` a container runs like any other."""
    window.type("docker run --rm -d nginx")
    assert len(window.type("docker ps").rows) == 1


@pytest.mark.step(29)
def test_rm_when_it_stops(lab: Lab, window: Window) -> None:
    """Once it is stopped it is gone, and the list of all containers is empty."""
    (container,) = lab.client.containers.list()
    window.type(f"docker stop {container.short_id}")
    lab.await_containers(0, stopped_too=True)
    assert window.type("docker ps -a").rows == []


@pytest.mark.step(29)
def test_limits(window: Window) -> None:
    """A container may use all that the machine has; `--memory` and `--cpus` of `docker run` set limits."""
    window.type("docker run -d --rm --name=free nginx")
    window.type("docker run -d --rm --name=bound --memory=64m --cpus=0.5 nginx")
    limits = {row[1]: row[3].partition(" / ")[2] for row in window.type("docker stats --no-stream").rows}
    assert limits["bound"] == "64MiB"
    assert limits["free"] != "64MiB"
    cpus = window.type("docker inspect --format '{{.HostConfig.NanoCpus}}' free bound").text
    assert cpus.split() == ["0", "500000000"]
    window.type("docker rm -f free bound")


def _messages(container: Container) -> set[str]:
    """Return what nginx logged until it was interrupted, without times, process ids and the echo of Ctrl+C."""
    said = container.logs().decode().replace("^C", "").partition("signal")[0]
    return set(re.sub(r"\d+", "…", said).splitlines()[:-1])
