"""The package registries, as pip and apt are set: in reach, silent, or a login page in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.doctor import addresses
from labcheck.doctor import web as asking
from labcheck.doctor.web import Address, ask
from labcheck.images import bundled
from labcheck.machine import exits
from tests.doctor.conftest import WebServer, assert_shell
from tests.doctor.test_engine import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labcheck.doctor.finding import Finding

LOGIN = b"<html><body>Welcome to the university's network. Please log in.</body></html>"
RELEASE = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\n"


@pytest.fixture
def pip_index(monkeypatch: pytest.MonkeyPatch, web: WebServer) -> WebServer:
    """The index that pip is set to; apt has no archive."""
    web.body = b"<title>Links for Flask</title>"
    monkeypatch.setattr(exits, "pip_indexes", lambda: [f"{web.url}/simple/"])
    monkeypatch.setattr(addresses, "of_apt", list)
    monkeypatch.setattr(addresses, "of_files", lambda *_arguments: [])
    return web


def test_an_index_that_has_the_labs_package_is_in_reach(pip_index: WebServer, look: Callable[..., Finding]) -> None:
    """The index is asked for the page of flask, and named by its host."""
    finding = look("pip")
    assert (finding.state, finding.found) == ("ok", "127.0.0.1")
    assert pip_index.status == 200


@pytest.mark.parametrize(
    ("body", "status", "found"), [(LOGIN, 200, "a login page"), (b"", 503, "503"), (b"flask", 407, "407")]
)
def test_an_index_that_answers_wrongly_is_wrong(
    pip_index: WebServer, look: Callable[..., Finding], body: bytes, status: int, found: str
) -> None:
    """A login page that stands before every address is no index, and neither is an error."""
    pip_index.body, pip_index.status = body, status
    finding = look("pip")
    assert (finding.state, found in finding.found) == ("wrong", True), finding
    assert finding.command.startswith("pip config")


def test_an_index_that_does_not_answer_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    pip_index: WebServer,
    look: Callable[..., Finding],
    closed_port: int,
    silent_port: int,
) -> None:
    """Refused, silent and unknown each have their reason; one of several that answers makes it a warning."""
    monkeypatch.setattr(asking, "SECONDS", 1)
    monkeypatch.setattr(exits, "_SECONDS", 1)
    for address, reason in (
        (f"http://127.0.0.1:{closed_port}", "127.0.0.1: connection refused"),
        (f"http://127.0.0.1:{silent_port}", "127.0.0.1: no answer within 1 s"),
        ("http://index.invalid", "index.invalid: its name is unknown here"),
    ):
        monkeypatch.setattr(exits, "pip_indexes", lambda address=address: [address])
        assert (look("pip").state, look("pip").found) == ("wrong", reason)
        monkeypatch.setattr(exits, "pip_indexes", lambda address=address: [address, pip_index.url])
        assert look("pip").state == "warning"


def test_files_that_lie_elsewhere_are_looked_for_too(
    monkeypatch: pytest.MonkeyPatch, web: WebServer, look: Callable[..., Finding], closed_port: int
) -> None:
    """An index that answers while the host of its files is blocked installs nothing."""
    web.body = f'<a href="http://localhost:{closed_port}/flask-3.tar.gz">flask</a>'.encode()
    exits._files_of.cache_clear()  # noqa: SLF001 - it remembers what an index linked to
    monkeypatch.setattr(exits, "pip_indexes", lambda: [web.url])
    monkeypatch.setattr(bundled, "serving", lambda: None)  # as outside a room
    finding = look("pip")
    assert (finding.state, "the host of its files does not: localhost" in finding.found) == ("wrong", True), finding


def test_an_untrusted_certificate_leads_to_the_authority(
    monkeypatch: pytest.MonkeyPatch, untrusted: WebServer, look: Callable[..., Finding]
) -> None:
    """Behind a proxy that looks into TLS its authority has to be trusted; a wrong clock looks the same."""
    monkeypatch.setattr(exits, "pip_indexes", lambda: [f"https://{untrusted.host}/simple"])
    finding = look("pip")
    assert finding.state == "wrong"
    assert "update-ca-certificates" in finding.command
    assert_shell(finding.command)


@pytest.fixture
def second() -> Iterator[WebServer]:
    """Another server."""
    server = WebServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_archives_are_asked_for_their_release_file(
    monkeypatch: pytest.MonkeyPatch, web: WebServer, second: WebServer, look: Callable[..., Finding]
) -> None:
    """All answer: ok; some: a warning that names the others; none: wrong."""
    urls = [f"{server.url}/debian/dists/bookworm/InRelease" for server in (web, second)]
    monkeypatch.setattr(addresses, "of_apt", lambda: [Address(url, addresses.SIGNED) for url in urls])
    web.body = second.body = RELEASE
    assert look("apt").state == "ok"
    second.status = 403
    assert (look("apt").state, look("apt").found) == ("warning", "127.0.0.1: 403")
    web.body = LOGIN
    finding = look("apt")
    assert (finding.state, "login page" in finding.found) == ("wrong", True)
    assert_shell(finding.command)


@pytest.mark.parametrize(
    ("host", "word"),
    [("deb.debian.org", "sed -i"), ("ru.archive.ubuntu.com", "sed -i"), ("download.example", "grep -rl")],
)
def test_debians_and_ubuntus_archives_have_a_mirror(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], host: str, word: str
) -> None:
    """For an archive of the distribution a mirror is named; of another's repository, the file that names it."""
    address = Address(f"http://{host}/dists/stable/InRelease", addresses.SIGNED)
    monkeypatch.setattr(addresses, "of_apt", lambda: [address])
    monkeypatch.setattr("labcheck.doctor.facts.ask", lambda address: asking.Answer(address, 0, "blocked"))
    finding = look("apt")
    assert (finding.state, finding.found) == ("wrong", f"{host}: blocked")
    assert finding.command.removeprefix("sudo ").startswith(word)
    assert host in finding.command
    assert_shell(finding.command)


@pytest.fixture
def apt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An apt with archives of several shapes, and a proxy of its own for http."""
    lines = "http://deb.example/debian/ bookworm\\nhttp://deb.example/debian/ bookworm\\n"
    lines += "https://flat.example/repository/ ./\\nfile:/srv/packages/ stable\\n"
    program(tmp_path / "apt-get", f"printf '{lines}'")
    program(tmp_path / "apt-config", '[ "$3" != Acquire::http::Proxy ] || echo "proxy=\'http://10.0.0.1:3142\'"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delenv("DEBIAN_MIRROR", raising=False)


@pytest.mark.usefixtures("apt")
def test_the_archives_are_those_that_apt_itself_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, with apt's own proxy; what lies on this machine is not asked; DEBIAN_MIRROR is."""
    monkeypatch.setenv("DEBIAN_MIRROR", "http://mirror.example/debian/")
    assert [(address.url, address.proxy) for address in addresses.of_apt()] == [
        ("http://deb.example/debian/dists/bookworm/InRelease", "http://10.0.0.1:3142"),
        ("https://flat.example/repository/./InRelease", ""),
        ("http://mirror.example/debian/dists/bookworm/InRelease", "http://10.0.0.1:3142"),
    ]


def test_apts_own_proxy_is_used(monkeypatch: pytest.MonkeyPatch, web: WebServer) -> None:
    """On a network with a proxy that apt alone is told of, its archives are asked through that."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    web.body = RELEASE
    assert ask(Address("http://deb.invalid/debian/dists/bookworm/InRelease", addresses.SIGNED, web.url)).is_good
    assert web.asked == ["GET http://deb.invalid/debian/dists/bookworm/InRelease"]


@pytest.mark.usefixtures("apt")
def test_without_apt_there_is_nothing_to_ask(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Callable[..., Finding]
) -> None:
    """On macOS or Fedora apt is no fault; what it would be for is said."""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    finding = look("apt")
    assert (finding.state, "DEBIAN_MIRROR" in finding.found) == ("skipped", True)
