"""Base images: the registry asked by the engine, and what to do where it refuses."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from labcheck.doctor import commands, facts, hub
from labcheck.doctor.facts import SMALLEST_BASE
from labcheck.engine import host
from labcheck.errors import LabcheckError
from labcheck.images import bases
from labcheck.images.bases import LAB_BASES, STANDIN
from tests.doctor.conftest import assert_shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient

    from labcheck.doctor.finding import Finding
    from labcheck.images.bases import Source
    from tests.doctor.conftest import FakeEngine, WebServer

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
NO_HOST = "dial tcp: lookup registry-1.docker.io: no such host"


def digest_of(content: bytes) -> str:
    """Return what a registry calls a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def registry(engine: DockerClient, monkeypatch: pytest.MonkeyPatch, web: WebServer) -> WebServer:
    """A registry on this machine that has the manifest of the smallest base, and nothing else."""
    assert engine.ping()
    monkeypatch.setenv("DOCKER_HOST", os.environ["DOCKER_HOST"])
    monkeypatch.setattr(hub, "_MIRRORS", ())
    config = json.dumps({"architecture": "amd64", "os": "linux"}).encode()
    digest = digest_of(config)
    image = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": digest}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": image, "layers": []}).encode()
    name, _colon, tag = SMALLEST_BASE.partition(":")
    web.pages = {
        "/v2/": b"{}",
        f"/v2/library/{name}/manifests/{tag}": manifest,
        f"/v2/library/{name}/manifests/{digest_of(manifest)}": manifest,
        f"/v2/library/{name}/blobs/{digest}": config,
    }
    web.headers = {"Content-Type": MANIFEST, "Docker-Content-Digest": digest_of(manifest)}
    return web


def test_a_registry_that_has_the_bases_is_in_reach(registry: WebServer, look: Callable[..., Finding]) -> None:
    """The engine itself asks for one manifest, and pulls nothing."""
    finding = look("hub", hub=registry.host)
    assert (finding.state, finding.found) == ("ok", f"{registry.host} answers"), finding
    assert any("/manifests/" in line for line in registry.asked)


@pytest.mark.parametrize(
    ("status", "body", "advice", "command"),
    [
        (404, {"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}, "does not have hello-world:latest", ""),
        (429, {"code": "TOOMANYREQUESTS", "message": "pull rate limit"}, "limits how much you pull", "docker login"),
        (403, {"code": "DENIED", "message": "access to the resource is denied"}, "log in first", "docker login"),
    ],
)
def test_a_registry_that_refuses_is_wrong_with_its_reason(  # noqa: PLR0913, PLR0917 - its cases
    registry: WebServer, look: Callable[..., Finding], status: int, body: object, advice: str, command: str
) -> None:
    """A registry that is named has to have the bases: what it answers becomes advice, as for a pull."""
    registry.pages, registry.statuses = {"/v2/": b"{}"}, {"/v2/": 200}
    registry.status, registry.body = status, json.dumps({"errors": [body]}).encode()
    registry.headers["Content-Type"] = "application/json"
    finding = look("hub", hub=registry.host)
    assert (finding.state, advice in finding.advice) == ("wrong", True), finding
    assert finding.command.startswith(command)
    if command:
        assert finding.command == f"docker login {registry.host}"


@pytest.mark.usefixtures("registry")
def test_a_registry_that_does_not_answer_is_wrong(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding], closed_port: int, silent_port: int
) -> None:
    """Refused at once, or silent until the limit."""
    monkeypatch.setattr(facts, "ANSWER_SECONDS", 2)
    refused = look("hub", hub=f"127.0.0.1:{closed_port}")
    assert (refused.state, "connection refused" in refused.found) == ("wrong", True), refused
    silent = look("hub", hub=f"127.0.0.1:{silent_port}")
    assert (silent.state, "no answer within 2 s" in silent.found) == ("wrong", True), silent


@pytest.mark.filterwarnings("ignore:docker-credential")  # docker-py warns before it fails
def test_a_keeper_of_passwords_that_is_not_there_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, registry: WebServer, look: Callable[..., Finding]
) -> None:
    """In WSL config.json often names a helper of Windows', and then nothing is pulled; the command takes it out."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"credsStore": "desktop.exe", "auths": {}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    finding = look("hub", hub=registry.host)
    assert finding.state == "wrong"
    assert "docker-credential-desktop.exe" in finding.found
    subprocess.run(["sh", "-c", finding.command], check=True, timeout=60)  # noqa: S603, S607 - on a file of the test's
    assert json.loads(config.read_text()) == {"auths": {}}
    assert look("hub", hub=registry.host).state == "ok"


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch, fake_engine: FakeEngine) -> FakeEngine:
    """An engine without images for which Docker Hub is out of reach; no mirror is, and stand-ins can be built."""
    monkeypatch.setattr(hub, "_MIRRORS", ())
    monkeypatch.setattr(host, "debian_mirrors", lambda: host.Mirrors("http://deb.example/debian/", ""))
    fake_engine.answers["distribution/hello-world:latest/json"] = (500, {"message": NO_HOST})
    return fake_engine


def has(source: Source) -> tuple[int, list[dict[str, object]]]:
    """Return the answer of an engine that has all base images of a source."""
    names = [source.reference(name) for name in LAB_BASES]
    return 200, [{"Id": f"sha256:{n:064}", "RepoTags": [name]} for n, name in enumerate(names)]


def test_a_blocked_hub_is_a_warning_where_stand_ins_can_be_had(
    monkeypatch: pytest.MonkeyPatch, no_hub: FakeEngine, look: Callable[..., Finding]
) -> None:
    """Without HUB stand-ins are taken, so nothing fails; where they cannot be built either, it is wrong."""
    finding = look("hub", hub="")
    assert (finding.state, finding.command) == ("warning", "make build-all HUB=standin")
    assert NO_HOST in finding.found
    no_hub.answers["images/json"] = has(STANDIN)
    assert (look("hub", hub="").state, look("hub", hub="").command) == ("warning", "")
    no_hub.answers["images/json"] = (200, [])

    def refuse() -> None:
        reason = "no mirror"
        raise LabcheckError(reason)

    monkeypatch.setattr(host, "debian_mirrors", refuse)
    assert (look("hub", hub="").state, look("hub", hub="").command) == ("wrong", "")


def test_a_hub_that_is_named_has_to_answer(no_hub: FakeEngine, look: Callable[..., Finding]) -> None:
    """HUB=docker.io takes nothing else, unless its images are here already."""
    assert look("hub", hub="docker.io").state == "wrong"
    no_hub.answers["images/json"] = has(bases.HUB)
    finding = look("hub", hub="docker.io")
    assert (finding.state, "base images are here" in finding.found) == ("warning", True)


@pytest.mark.usefixtures("no_hub")
def test_a_mirror_that_answers_is_offered(
    monkeypatch: pytest.MonkeyPatch, web: WebServer, look: Callable[..., Finding], closed_port: int
) -> None:
    """Of the mirrors that everyone may use the first that answers is named, with the command that takes it."""
    monkeypatch.setattr(hub, "_MIRRORS", (f"127.0.0.1:{closed_port}", f"{web.host}/mirror"))
    assert look("hub", hub="").command == f"make build-all HUB={web.host}/mirror"
    web.status = 503
    assert look("hub", hub="").command == "make build-all HUB=standin"


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("x509: certificate signed by unknown authority", "/etc/docker/certs.d/docker.io/ca.crt"),
        ("x509: certificate has expired or is not yet valid: current time …", ""),
        ("http: server gave HTTP response to HTTPS client", "insecure-registries"),
    ],
)
def test_what_is_in_the_way_of_tls_is_mended_where_it_is(  # noqa: PLR0913, PLR0917 - its cases
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    no_hub: FakeEngine,
    look: Callable[..., Finding],
    reason: str,
    word: str,
) -> None:
    """An unknown authority, a clock, a registry without TLS: each has a place of its own where it is mended."""
    monkeypatch.setattr(commands, "_SYSTEM_SETTINGS", tmp_path / "nowhere" / "daemon.json")
    no_hub.answers["distribution/hello-world:latest/json"] = (500, {"message": reason})
    finding = look("hub", hub="docker.io")
    assert (finding.state, word in finding.command) == ("wrong", True), finding
    if word:
        assert_shell(finding.command)
    else:
        assert "clock" in finding.advice


def test_an_engine_without_the_proxy_is_the_reason(
    monkeypatch: pytest.MonkeyPatch, no_hub: FakeEngine, look: Callable[..., Finding]
) -> None:
    """On a network that only a proxy leaves, the engine that does not know it pulls nothing."""
    monkeypatch.setenv("https_proxy", "http://10.0.0.1:3128")
    assert "no proxy" in look("hub", hub="docker.io").advice
    no_hub.info["HttpsProxy"] = "http://10.0.0.1:3128"
    assert "no proxy" not in look("hub", hub="docker.io").advice


@pytest.mark.parametrize("status", [200, 401])
def test_without_an_engine_the_registry_is_asked_from_here(
    monkeypatch: pytest.MonkeyPatch, web: WebServer, look: Callable[..., Finding], status: int
) -> None:
    """Before there is an engine its registry can be looked for; one that wants a login answers too."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    web.status = status
    assert look("hub", hub=web.host).state == "ok"
    assert web.asked == ["GET /v2/"]
    web.status = 404
    assert look("hub", hub=web.host).state == "wrong"


def test_podman_is_not_asked_what_it_does_not_know(
    fake_engine: FakeEngine, web: WebServer, look: Callable[..., Finding]
) -> None:
    """Podman has no question for a manifest: the registry is asked from here."""
    fake_engine.version["Components"] = [{"Name": "Podman Engine"}]
    assert look("hub", hub=web.host).state == "ok"
    assert not [line for line in fake_engine.asked if "distribution" in line]


@pytest.mark.usefixtures("no_hub")
def test_stand_ins_ask_no_registry(no_hub: FakeEngine, look: Callable[..., Finding]) -> None:
    """HUB=standin needs Debian's mirror and nothing else."""
    assert look("hub", hub="standin").found == "stand-ins, built from http://deb.example/debian/"
    no_hub.answers["images/json"] = has(STANDIN)
    assert look("hub", hub="standin").found == "stand-ins, which are here"
    assert not [line for line in no_hub.asked if "distribution" in line]
