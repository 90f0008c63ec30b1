"""A class of attackers and one honest student: verdicts are right, the honest mark is whole, the host untouched."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labcheck.engine import connection as host_engine
from labcheck.engine import ownership
from tests.hostile.attacks import ATTACKS
from tests.hostile.grading import came_of, graded
from tests.hostile.submissions import CANARY, FULL, HOST
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from labcheck.images.bases import Source

HONEST = "honest"
_ANONYMOUS = 64  # letters of the name that an engine gives to a volume
LIMIT_SECONDS = 2400
OTHERS_SECONDS = 300  # how long another test may have something on the engine
ESCAPED = Path("/tmp/labcheck-escaped")  # noqa: S108 - where an archive's names lead


@pytest.fixture
def visitors() -> Iterator[tuple[str, list[str]]]:
    """The address of a web server on this host, and who asked it for something."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.client_address[0]} {self.path}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:  # noqa: S104 - to be reached, if a wall has a hole
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"172.17.0.1:{server.server_port}", seen
        server.shutdown()


def _hand_in(folder: Path, names: list[str], canary: Path, host: str) -> None:
    (folder / HONEST).mkdir(parents=True)
    mutants.student(folder / HONEST)
    for name in names:
        (folder / name).mkdir()
        ATTACKS[name].write(folder / name)
        for file in (folder / name).rglob("*"):
            if file.is_file() and not file.is_symlink() and 0 < file.stat().st_size < 10_000:
                text = file.read_bytes()
                file.write_bytes(
                    text.replace(CANARY.encode(), str(canary).encode()).replace(HOST.encode(), host.encode())
                )
    for left in folder.glob("*-inner"):
        shutil.rmtree(left)


def _users(engine: DockerClient) -> set[str]:
    """Return what the user's engine has that is not ours: containers, networks, named volumes, images."""
    containers = engine.containers.list(all=True, ignore_removed=True)
    things = {str(one.name) for one in containers if not {ownership.RUN, ownership.MACHINE} & set(one.labels)}
    things |= {str(one.name) for one in engine.networks.list() if ownership.RUN not in (one.attrs["Labels"] or {})}
    volumes = [one for one in engine.volumes.list() if ownership.RUN not in (one.attrs["Labels"] or {})]
    things |= {one.name for one in volumes if len(one.name) < _ANONYMOUS}
    tags = host_engine.tags_of(engine).items()
    return things | {f"{tag} {image}" for tag, image in tags if not tag.startswith(("localhost/", "127.0.0.1"))}


@pytest.fixture
def belongings(engine: DockerClient, source: Source) -> Iterator[set[str]]:
    """What a user has on the engine: a stopped container, a network, a volume, a tag; their names in `_users`' way."""
    user = f"user-{uuid.uuid4().hex[:8]}"
    image, tag = engine.images.get(source.reference("hello-world")), f"{user}:latest"
    image.tag(tag)
    container = engine.containers.create(image, name=f"{user}-container")
    network, volume = engine.networks.create(f"{user}-net"), engine.volumes.create(f"{user}-volume")
    yield {f"{user}-container", f"{user}-net", f"{user}-volume", f"{tag} {image.id}"}
    for one in (container, network, volume):
        one.remove()
    engine.images.remove(tag)


def _await_nothing_but(engine: DockerClient, before: set[str]) -> None:
    """Fail if something new stays; what a test beside this one makes on the engine goes with it."""
    deadline = time.monotonic() + OTHERS_SECONDS
    added = _users(engine) - before
    while added := added & _users(engine):  # what comes later is not ours: by now all is graded
        assert time.monotonic() < deadline, f"new on the engine: {sorted(added)}"
        time.sleep(1)


def _left(engine: DockerClient) -> list[str]:
    """Return the containers of runs that are gone."""
    ours = engine.containers.list(all=True, filters={"label": ownership.RUN}, ignore_removed=True)
    return [str(one.name) for one in ours if ownership.is_gone(one.labels[ownership.RUN])]


@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "slow"])
@pytest.mark.timeout(LIMIT_SECONDS + OTHERS_SECONDS + 60)
def test_hostile_class(  # noqa: PLR0913 - fixtures
    engine: DockerClient,
    source: Source,
    tmp_path: Path,
    visitors: tuple[str, list[str]],
    belongings: set[str],
    *,
    slow: bool,
) -> None:
    """Each attack ends within its limit with a right verdict; the honest mark and the host are untouched."""
    host, seen = visitors
    canary = tmp_path / "canary"
    names = [name for name, attack in ATTACKS.items() if attack.slow == slow]
    _hand_in(tmp_path / "class", names, canary, host)
    before = _users(engine)
    assert belongings <= before
    folders = (tmp_path / "class", tmp_path / "out")
    results = graded(*folders, "--areas=build,run", hub=source.setting, seconds=LIMIT_SECONDS)
    came = {name: came_of(results[name]) for name in (*names, HONEST)}
    assert came == {**{name: ATTACKS[name].expected for name in names}, HONEST: FULL}
    assert not canary.exists()
    assert not ESCAPED.exists()
    assert seen == []
    assert belongings <= _users(engine)
    _await_nothing_but(engine, before)
    assert _left(engine) == []
    for page in (tmp_path / "out").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "\x1b" not in text
