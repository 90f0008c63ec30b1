"""The lab's containers as testcontainers: an app under test, and the database it talks to.

https://testcontainers-python.readthedocs.io/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import docker.errors
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.waiting_utils import WaitStrategy

from labcheck.checks.verdicts import fail
from labcheck.engine import ownership
from labcheck.engine.containers import inside, last_lines, wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import bundled

if TYPE_CHECKING:
    from docker.models.containers import Container
    from testcontainers.core.waiting_utils import WaitStrategyTarget

APP_PORT = 5000  # Flask's, step 109
START_SECONDS = 30
DATABASE_SECONDS = 120
EXEC_SECONDS = 120  # of a program in a container, which may be any other than it is called
_LISTENING_SECONDS = 10
PASSWORD = "123"  # noqa: S105 - the lab's, step 140
_ENGINE_DNS = "0B00007F"  # 127.0.0.11: the engine's own name server in containers on a network of the user's
_LISTENING = re.compile(r"^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ 0A ", re.MULTILINE)


class Listening(WaitStrategy):
    """Ready as soon as anything in the container listens on any port; a container that stops is noticed at once."""

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Wait.

        Raises:
            LabcheckError: it stopped, or nothing listens in time; its last lines are in the message.
        """
        wrapped = container.get_wrapped_container()
        wait_until(wrapped, lambda: bool(listening(wrapped)), _("something in it listens"), START_SECONDS)


class DatabaseReady(WaitStrategy):
    """Ready as soon as the server answers by TCP: a first start's temporary server, without it, does not count."""

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Wait.

        Raises:
            LabcheckError: it stopped, or is not ready in time; its last lines are in the message.
        """
        wrapped = container.get_wrapped_container()
        ping = ["mysqladmin", "ping", "--silent", "--host=127.0.0.1", "--user=root", f"--password={PASSWORD}"]

        def answers() -> bool:
            try:
                return inside(wrapped, *ping)[0] == 0
            except docker.errors.APIError:  # it is not running: the wait itself looks whether it ended
                return False

        wait_until(wrapped, answers, _("the database answers"), DATABASE_SECONDS)


class LabContainer(DockerContainer):
    """A container of this run, labelled as ours."""

    def __init__(self, image: str, **options: Any) -> None:  # noqa: ANN401 - docker-py's own
        """Take docker-py's options besides those of testcontainers."""
        if bundled.hosts():  # for pip in it, where a bundle was loaded
            options.setdefault("extra_hosts", bundled.hosts())
        super().__init__(image, labels=ownership.run_labels(), **options)

    @property
    def log(self) -> str:
        """All that the container has logged so far, both streams."""
        return self.get_wrapped_container().logs().decode(errors="replace")

    def inside(self, *command: str, seconds: float = EXEC_SECONDS) -> tuple[int, str]:
        """Run a command in it, as `containers.inside` does, and return its exit code and what it printed."""
        return inside(self.get_wrapped_container(), *command, seconds=seconds)

    def find(self, *conditions: str) -> list[str]:
        """Return the files in it that `find` finds, those of volumes and of the kernel apart."""
        return self.inside("find", "/", "-xdev", "(", *conditions, ")")[1].splitlines()

    @property
    def last_words(self) -> str:
        """The last lines of its log."""
        return last_lines(self.get_wrapped_container())

    @property
    def address(self) -> str:
        """Its own address on the first of its networks."""
        container = self.get_wrapped_container()
        container.reload()
        networks = container.attrs["NetworkSettings"]["Networks"]
        return str(next(iter(networks.values()))["IPAddress"])


class WebApp(LabContainer):
    """A container with a web server; `url` is its published address."""

    def __init__(self, image: str, *, port: int = APP_PORT, wait: bool = True, **options: Any) -> None:  # noqa: ANN401 - docker-py's own
        """Publish `port` on a free port of the host; to start it waits until something listens, unless told not to."""
        super().__init__(image, **options)
        self.port = port
        self.with_exposed_ports(port)
        if wait:
            self.waiting_for(Listening())

    def url(self, path: str = "/") -> str:
        """Return the address of a path by the published port, as step 116 has it.

        Raises:
            AssertionError: the container runs no longer; its last lines are in the message.
        """
        container = self.get_wrapped_container()
        container.reload()
        if container.status != "running":
            fail(_("the container is still running"), self.last_words, _("Read what it logged before it ended."))
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(self.port)}{path}"


class Database(LabContainer):
    """The database of step 140: a MySQL that is called `db` on its network and has the lab's password."""

    def __init__(self, image: str, network: Network, volume: str | None = None) -> None:
        """Use the volume for its data where one is named."""
        super().__init__(image, env={"MYSQL_ROOT_PASSWORD": PASSWORD}, network=network, network_aliases=["db"])
        if volume:
            self.with_volume_mapping(volume, "/var/lib/mysql", "rw")
        self.waiting_for(DatabaseReady())

    def restart(self) -> None:
        """Stop it in good order and start it again, as `docker restart db` does."""
        self.get_wrapped_container().restart(timeout=DATABASE_SECONDS)
        DatabaseReady().wait_until_ready(self)

    def drop(self) -> None:
        """Leave it as empty as it was at first."""
        self.execute("DROP DATABASE IF EXISTS vars")

    def execute(self, sql: str) -> str:
        """Run statements as root and return what the client prints.

        Raises:
            LabcheckError: the database refuses.
        """
        command = ["mysql", "--host=127.0.0.1", "--user=root", f"--execute={sql}"]
        code, output = self.inside("env", f"MYSQL_PWD={PASSWORD}", *command)  # as an option it brings a warning
        if code:
            raise LabcheckError(output)
        return output


def network() -> Network:
    """Return a network of this run, not made yet: use it in a `with`."""
    return Network(docker_network_kw={"labels": ownership.run_labels()})


def listening(container: Container) -> set[tuple[str, int]]:
    """Return address (of 4 or 16 bytes, in the kernel's hexadecimal) and port of every TCP socket that listens in it.

    proc_net_tcp(5). The set is empty while the container is not running.
    """
    container.reload()
    if container.status != "running":
        return set()
    try:
        output = inside(container, "cat", "/proc/net/tcp", "/proc/net/tcp6", seconds=_LISTENING_SECONDS)[1]
    except docker.errors.APIError:  # it ended between the two requests
        return set()
    found = {(address, int(port, 16)) for address, port in _LISTENING.findall(output)}
    return {(address, port) for address, port in found if address != _ENGINE_DNS}
