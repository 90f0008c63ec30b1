"""The student's virtual machine: a lab machine with a user who may use docker and sudo, a Docker Hub, and windows."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import docker.errors

from labcheck.engine.containers import inside, put_files, wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.machine import container as machine_container
from labcheck.machine import machine as machines
from labcheck.walkthrough.hub import Hub
from labcheck.walkthrough.window import RC, RC_TEXT, Typed, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source
    from labcheck.machine.machine import Machine

USER = "user"
_SECONDS = 30
# a home that nobody has worked in yet, and what the installation of the engine (step 5) leaves
_LOGIN = f"""
pkill -KILL -u {USER} || true
while pgrep -u {USER} > /dev/null; do sleep 0.05; done
userdel --remove {USER} 2> /dev/null || true
useradd --create-home --shell /bin/bash --groups docker,sudo {USER}
echo '{USER} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{USER}
"""


@dataclass
class Lab:
    """One student's machine; `said` is told of everything typed."""

    machine: Machine
    source: Source
    hub: Hub
    engine: DockerClient
    said: Callable[[Typed], None]
    _windows: dict[int, Window] = field(default_factory=dict)

    @property
    def client(self) -> DockerClient:
        """The machine's engine."""
        return self.machine.client

    @property
    def address(self) -> str:
        """The machine's address, as a browser outside of it uses it."""
        return self.machine.address

    def window(self, number: int = 1) -> Window:
        """Return the student's window of that number, opened where it is not yet."""
        if number not in self._windows:
            self._windows[number] = Window(self.machine.container, USER, str(number), self.said)
        return self._windows[number]

    def close_windows(self) -> None:
        """Close all windows, whatever runs in them."""
        while self._windows:
            self._windows.popitem()[1].close()

    def as_root(self, script: str) -> str:
        """Run a script in the machine that no student typed, and return what it printed.

        Raises:
            LabcheckError: it failed.
        """
        code, output = inside(self.machine.container, "sh", "-ec", script)
        if code:
            raise LabcheckError(_("In the lab machine: {output}").format(output=output))
        return output

    def await_page(self, port: int = 80) -> None:
        """Return once a page is served at a port of the machine: it takes a server a moment to listen.

        Raises:
            LabcheckError: none is, in time.
        """
        command = f"curl -fs -o /dev/null 127.0.0.1:{port} && echo yes || echo no"
        what = _("a page is served at port {port}").format(port=port)
        wait_until(self.machine.container, lambda: self.as_root(command).strip() == "yes", what, _SECONDS)

    def await_containers(self, count: int, *, stopped_too: bool = False) -> None:
        """Return once the engine lists so many containers: its list is a moment late.

        A container's output is shown, and who waits for its end is woken, before the list is written (moby's
        daemon/start.go and monitor.go); `--rm` comes after that.

        Raises:
            LabcheckError: they are more or fewer, and stay so.
        """

        def listed() -> bool:
            return len(self.client.api.containers(all=stopped_too)) == count

        what = _("the number of containers that the engine lists is {count}").format(count=count)
        wait_until(self.machine.container, listed, what, _SECONDS)

    def await_no_echo(self, command: str) -> None:
        """Return once the terminal of a running command no longer shows what is typed.

        `docker login` asks for the password a moment before (docker/cli's cli/command/registry.go): no person is as
        quick, a test is.

        Raises:
            LabcheckError: it goes on to show it.
        """
        settings = f"stty --file=/proc/$(pgrep --full '^{command}')/fd/0 || true"
        what = _("{command} hides what is typed").format(command=command)
        wait_until(self.machine.container, lambda: "-echo" in self.as_root(settings).split(), what, _SECONDS)

    def offer(self, *names: str) -> None:
        """Have Docker Hub offer images by their official names, and let their package registries be reached."""
        self.hub.offer(list(names))
        for name in names:
            image = self.engine.images.get(self.source.reference(name))
            settings = machine_container.registry_settings(self.engine, image)
            self.machine.let_through(name.replace("/", "-"), settings)

    def begin(self) -> None:
        """Make the machine one that nobody has worked in: no container, volume, network, or file of the user's."""
        self.close_windows()
        for container in self.client.containers.list(all=True, ignore_removed=True):
            with suppress(docker.errors.APIError):  # one of `--rm` may be going just now
                container.remove(force=True, v=True)
        self.await_containers(0, stopped_too=True)
        self.client.networks.prune()
        for volume in self.client.volumes.list():
            volume.remove(force=True)
        self.as_root(_LOGIN)

    def forget_images(self) -> None:
        """Remove every image from the machine's engine."""
        self.client.api.prune_builds(all=True)
        for _round in range(2):
            for image in self.client.images.list(all=True):
                self.client.images.remove(str(image.id), force=True)


@contextmanager
def lend(record: Record, source: Source, said: Callable[[Typed], None]) -> Iterator[Lab]:
    """Give a student's machine, with nothing in it.

    Raises:
        MachineError: there can be none here.
    """
    hub = Hub(record, source)
    with machines.lend(record.engine, source, profile=machines.WALKTHROUGH) as machine:
        machine.give_up(set(machine.brought))
        with hub.beside(machine):
            put_files(machine.container, "/", {RC.lstrip("/"): RC_TEXT.encode()})
            lab = Lab(machine, source, hub, record.engine, said)
            lab.as_root(
                "iptables --insert INPUT --in-interface eth0 --jump ACCEPT"
            )  # what listens is reached, as in a VM
            lab.begin()
            try:
                yield lab
            finally:
                lab.close_windows()
