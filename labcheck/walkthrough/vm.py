"""The lab's machine, emulated: for the DNS section (steps 1 and 2), whose services no container has.

`vm/` is what it is made of. QEMU runs in a container without a network, so nothing outside of that is touched.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.engine import ownership
from labcheck.engine.containers import put_files, wait_for_log
from labcheck.images import toolimages
from labcheck.images.lab import CHECKOUT
from labcheck.walkthrough import screen
from labcheck.walkthrough.window import RC_TEXT, Typed, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from labcheck.images.bases import Source

RECIPE = Path(__file__).parent / "vm"
INSTALLERS_FILE = "00-installer-config.yaml"
LOGGED_IN = r"\(automatic login\)"  # what the console says then
BOOT_SECONDS = 300  # without KVM some 15 s, on a machine that does nothing else
_SECONDS_TO_LIVE = 1800  # if it should outlive us
_CONSOLE = ("socat", "-,raw,echo=0", "UNIX-CONNECT:/console")
_PROFILE = RC_TEXT + f"stty rows {screen.ROWS} columns {screen.COLUMNS}\n"  # a serial line does not say its size


@contextmanager
def boot(engine: DockerClient, source: Source, said: Callable[[Typed], None]) -> Iterator[Window]:
    """Give the console of a machine as the installer leaves it; it is gone afterwards, with all that was done in it.

    Raises:
        LabcheckError: it does not come up.
    """
    container = engine.containers.create(
        toolimages.ensure(engine, source, RECIPE),
        network_mode="none",
        cap_add=["NET_ADMIN"],  # a name server's address of its own
        environment={"SECONDS_TO_LIVE": str(_SECONDS_TO_LIVE)},
        labels=ownership.run_labels(),
    )
    try:
        put_files(container, "/machine/home/user", {".bash_profile": _PROFILE.encode()})
        settings = (CHECKOUT / "netplan" / INSTALLERS_FILE).read_bytes()
        put_files(container, "/machine/etc/netplan", {INSTALLERS_FILE: settings}, mode=0o600)
        container.start()
        wait_for_log(container, LOGGED_IN, seconds=BOOT_SECONDS)
        window = Window(container, "root", "console", said, _CONSOLE)
        try:
            yield window
        finally:
            window.close()
    finally:
        container.remove(force=True, v=True)
