"""What nginx:latest promises (lab steps 34, 41, 80 to 83), official image or stand-in; last, the stand-in's honesty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from labcheck.engine import containers
from labcheck.engine.containers import wait_for_log, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

    from tests.conftest import Start

READY = r"start worker process \d+"


@pytest.fixture
def name() -> str:
    """The official name."""
    return "nginx:latest"


@pytest.fixture
def nginx(image: str, start: Start) -> Container:
    """A running nginx with nothing set, its port 80 published on a free one."""
    container = start(image, ports={"80/tcp": ("127.0.0.1", 0)})
    wait_for_log(container, READY, seconds=30)
    container.reload()
    return container


@pytest.fixture
def url(nginx: Container) -> str:
    """The address of the running nginx, as a browser on this machine would type it."""
    published = nginx.ports["80/tcp"]
    assert published
    return f"http://127.0.0.1:{published[0]['HostPort']}"


def prepared(start: Start, image: str, preparation: str, command: str, **environment: str) -> Container:
    """Start the image's own entrypoint with a command, after a shell has prepared its files."""
    script = f"set -e\n{preparation}\nexec /docker-entrypoint.sh {command}"
    return start(image, entrypoint=["sh", "-c", script], environment=environment)


def inside(container: Container, *command: str) -> str:
    """Return what a command prints in a running container, once it has succeeded."""
    code, output = containers.inside(container, *command)
    assert code == 0, output
    return output.strip()


def output_of(container: Container, timeout: int = 30) -> str:
    """Return what a container printed on stdout, once it has ended with success."""
    code = container.wait(timeout=timeout)["StatusCode"]
    assert code == 0, f"exit code {code}:\n{container.logs().decode()}"
    text: str = container.logs(stderr=False).decode()
    return text.strip()


def test_it_is_started_and_stopped_in_the_documented_way(engine: DockerClient, image: str) -> None:
    """The entrypoint, the command, the signal that stops and the port are those that Dockerfiles on it rely on."""
    config = engine.images.get(image).attrs["Config"]
    assert config["Entrypoint"] == ["/docker-entrypoint.sh"]
    assert config["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert config["StopSignal"] == "SIGQUIT"
    assert config["ExposedPorts"] == {"80/tcp": {}}


def test_its_version_is_the_true_one(engine: DockerClient, image: str, nginx: Container) -> None:
    """NGINX_VERSION is the version that `nginx -v` shows, `nginx-debug -v` too."""
    environment = dict(entry.split("=", 1) for entry in engine.images.get(image).attrs["Config"]["Env"])
    version = f"nginx version: nginx/{environment['NGINX_VERSION']}"
    assert inside(nginx, "nginx", "-v") == version
    assert inside(nginx, "nginx-debug", "-v") == version


def test_its_size_is_not_above_the_published_one(engine: DockerClient, image: str) -> None:
    """The image takes less than 200 MB; official ones take 161 to 190."""
    assert engine.images.get(image).attrs["Size"] < 200_000_000


def test_the_welcome_page_is_served(url: str) -> None:
    """A browser shows "Welcome to nginx!"."""
    response = requests.get(url, timeout=5)
    assert response.status_code == 200
    assert re.findall(r"<(?:title|h1)>(.*?)</", response.text) == ["Welcome to nginx!", "Welcome to nginx!"]


def test_the_document_root_holds_two_pages(nginx: Container) -> None:
    """/usr/share/nginx/html is the document root; the two files are what a new volume on it starts with."""
    assert inside(nginx, "ls", "-A", "/usr/share/nginx/html").split() == ["50x.html", "index.html"]


def test_a_page_put_into_the_document_root_is_served(nginx: Container, url: str) -> None:
    """A file written there is what the browser shows next (lab step 80)."""
    inside(nginx, "sh", "-c", "echo mine > /usr/share/nginx/html/index.html")
    assert requests.get(url, timeout=5).text == "mine\n"


def test_requests_are_logged_to_stdout_and_errors_to_stderr(nginx: Container, url: str) -> None:
    """`docker logs` shows every request, and on stderr what was wrong with it."""
    assert requests.get(f"{url}/absent?токен", timeout=5).status_code == 404
    wait_for_log(nginx, r"GET /absent\?.* 404", seconds=10)
    wait_for_log(nginx, r"absent.* failed \(2: No such file", seconds=10)
    assert re.findall(r"absent.*(404|failed)", nginx.logs(stderr=False).decode()) == ["404"]
    assert re.findall(r"absent.*(404|failed)", nginx.logs(stdout=False).decode()) == ["failed"]


def test_sites_are_configured_in_conf_d(nginx: Container) -> None:
    """/etc/nginx/conf.d holds default.conf, and what is put beside it counts, there alone."""
    assert inside(nginx, "ls", "/etc/nginx/conf.d").split() == ["default.conf"]
    assert re.findall(r"^\s*include\s+(.*conf\.d.*|.*sites-.*);", inside(nginx, "nginx", "-T"), re.MULTILINE) == [
        "/etc/nginx/conf.d/*.conf"
    ]
    inside(nginx, "sh", "-c", "echo 'server { listen 8081; return 200 second; }' > /etc/nginx/conf.d/second.conf")
    inside(nginx, "nginx", "-s", "reload")
    wait_until(
        nginx, lambda: containers.inside(nginx, "curl", "-sf", "localhost:8081")[1] == "second", "8081 answers", 10
    )


def test_workers_are_the_user_nginx(nginx: Container) -> None:
    """The first process is root's, those that talk to the network are nginx's."""
    processes = "$(grep -l '^nginx' /proc/[0-9]*/comm | xargs -n 1 dirname)"
    users = inside(nginx, "sh", "-c", f"stat -c %U {processes}").split()
    assert users.count("root") == 1
    assert set(users) == {"nginx", "root"}


def test_it_stops_gracefully(nginx: Container) -> None:
    """`docker stop` lets requests end, is quick, and the exit code is 0."""
    nginx.stop(timeout=20)
    nginx.reload()
    assert nginx.attrs["State"]["ExitCode"] == 0
    assert "gracefully shutting down" in nginx.logs().decode()


def test_other_commands_run_as_they_are(image: str, start: Start) -> None:
    """`docker run nginx tty` prints "not a tty" and nothing else."""
    container = start(image, ["tty"])
    assert container.wait(timeout=30)["StatusCode"] == 1
    assert container.logs() == b"not a tty\n"


@pytest.mark.parametrize("command", ["nginx", "nginx-debug"])
def test_scripts_run_in_version_order_before_nginx(command: str, image: str, start: Start) -> None:
    """Executable *.sh of /docker-entrypoint.d are run and *.envsh are sourced, 9 before 10; others are left alone."""
    preparation = """
cd /docker-entrypoint.d
echo 'export WORD=sourced' > 1-set.envsh
echo '#!/bin/sh\necho "script nine: $WORD"' > 9-nine.sh
echo '#!/bin/sh\necho "script ten: $WORD"' > 10-ten.sh
echo 'echo script no' > 11-not-executable.sh
echo 'echo script no' > 12-neither.txt
chmod +x 1-set.envsh 9-nine.sh 10-ten.sh 12-neither.txt
"""
    output = output_of(prepared(start, image, preparation, f"{command} -t"))
    assert re.findall(r"^script .*", output, re.MULTILINE) == ["script nine: sourced", "script ten: sourced"]


def test_scripts_do_not_run_before_other_commands(image: str, start: Start) -> None:
    """Whoever starts a shell gets a shell."""
    preparation = "cd /docker-entrypoint.d\necho '#!/bin/sh\necho ran' > 1-ran.sh\nchmod +x 1-ran.sh"
    assert output_of(prepared(start, image, preparation, "echo hello")) == "hello"


def test_a_script_that_fails_stops_the_start(image: str, start: Start) -> None:
    """Nginx does not start on a configuration that could not be made."""
    preparation = "cd /docker-entrypoint.d\necho '#!/bin/sh\nexit 3' > 1-fails.sh\nchmod +x 1-fails.sh"
    assert prepared(start, image, preparation, "nginx -t").wait(timeout=30)["StatusCode"] == 3


def test_the_entrypoint_says_what_it_does_unless_told_not_to(image: str, start: Start) -> None:
    """It talks on stdout; with NGINX_ENTRYPOINT_QUIET_LOGS it does not."""
    assert "/docker-entrypoint.d/20-envsubst-on-templates.sh" in output_of(start(image, ["nginx", "-t"]))
    quiet = start(image, ["nginx", "-t"], environment={"NGINX_ENTRYPOINT_QUIET_LOGS": "1"})
    assert output_of(quiet) == ""


def test_templates_become_sites(image: str, start: Start) -> None:
    """Variables that are set are put into /etc/nginx/templates/*.template; nginx's own stay."""
    preparation = """
mkdir -p /etc/nginx/templates/more
echo 'server { listen ${SITE_PORT}; return 200 "$uri ${SITE_NAME}"; }' > /etc/nginx/templates/site.conf.template
echo 'kept: ${NOT_SET}' > /etc/nginx/templates/more/text.template
"""
    name = "мой сайт\nSITE_PORT=1"  # a value whose second line looks like a variable
    container = prepared(start, image, preparation, "nginx -g 'daemon off;'", SITE_PORT="8090", SITE_NAME=name)
    wait_for_log(container, READY, seconds=30)
    assert inside(container, "curl", "-sf", "localhost:8090/page") == f"/page {name}"
    assert inside(container, "cat", "/etc/nginx/conf.d/more/text") == "kept: ${NOT_SET}"


def test_bash_and_curl_are_there_but_no_editor_and_no_ps(nginx: Container) -> None:
    """The lab's tools are there, and what it has the student install is not (lab step 34)."""
    assert inside(nginx, "sh", "-c", "which bash curl nano ps; true").split() == ["/usr/bin/bash", "/usr/bin/curl"]


@pytest.mark.outside("that apt installs in it")
def test_apt_installs_an_editor(nginx: Container) -> None:
    """`apt update && apt install nano` works (lab step 34)."""
    inside(nginx, "bash", "-c", "apt update && apt install -y nano")
    assert inside(nginx, "nano", "--version").lstrip().startswith("GNU nano")


def test_a_taken_port_is_tried_again_and_then_given_up(nginx: Container, image: str, start: Start) -> None:
    """A second nginx on the same network logs why it cannot bind, several times, and ends (lab step 41)."""
    second = start(image, network_mode=f"container:{nginx.id}")
    assert second.wait(timeout=30)["StatusCode"] == 1
    log = second.logs().decode()
    assert len(re.findall(r"bind\(\) to 0\.0\.0\.0:80 failed \(98: Address already in use\)", log)) > 2
    assert "still could not bind()" in log


@pytest.mark.usefixtures("stand_in")
def test_the_stand_in_says_that_it_is_one(nginx: Container) -> None:
    """A stand-in names itself in /etc/os-release, for programs and for people."""
    release = dict(line.split("=", 1) for line in inside(nginx, "cat", "/etc/os-release").splitlines())
    assert release["VARIANT_ID"] == "standin"
    assert release["VARIANT"] == '"stand-in for nginx:latest"'
    assert "stand-in for nginx:latest" in release["PRETTY_NAME"]


@pytest.mark.parametrize(("mode", "refuses"), [("rw", False), ("ro", True)])
def test_read_only_mount_refuses(image: str, start: Start, tmp_path: Path, mode: str, *, refuses: bool) -> None:
    """Mounted with `:ro`, the folder of the page cannot be changed from inside; mounted without, it can (step 81)."""
    html = "/usr/share/nginx/html"
    container = start(image, volumes={str(tmp_path): {"bind": html, "mode": mode}})
    code, output = containers.inside(container, "touch", f"{html}/made-inside")
    assert (code != 0, not (tmp_path / "made-inside").exists()) == (refuses, refuses)
    assert ("Read-only file system" in output) == refuses
