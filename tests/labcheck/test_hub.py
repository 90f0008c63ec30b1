"""Names of base images: one setting, HUB, and Docker's own rule for what a registry calls the Hub's images."""

from __future__ import annotations

import pytest

from labcheck.errors import LabcheckError
from labcheck.images import bases


@pytest.mark.parametrize(
    ("hub", "name", "reference"),
    [
        ("docker.io", "python:3.10.6", "python:3.10.6"),
        ("docker.io", "nginx", "nginx:latest"),
        ("standin", "python:3.10.6", "localhost/standin/library/python:3.10.6"),
        ("mirror.gcr.io", "python:3.10.6-slim", "mirror.gcr.io/library/python:3.10.6-slim"),
        ("mirror.gcr.io/", "nginx", "mirror.gcr.io/library/nginx:latest"),
        ("public.ecr.aws/docker", "mysql:8.4", "public.ecr.aws/docker/library/mysql:8.4"),
        ("mirror.gcr.io", "ghcr.io/somebody/thing:1", "ghcr.io/somebody/thing:1"),
        ("127.0.0.1:5000", "avenga/net-tools", "127.0.0.1:5000/avenga/net-tools:latest"),
        ("localhost:5000/hub", "hello-world", "localhost:5000/hub/library/hello-world:latest"),
        ("registry:5000", "python:3.10.6", "registry:5000/library/python:3.10.6"),
        ("[::1]:5000", "python:3.10.6", "[::1]:5000/library/python:3.10.6"),
    ],
)
def test_hub_makes_names_as_docker_does(hub: str, name: str, reference: str) -> None:
    """A name without a slash lies under library/ in a registry, any other keeps its place; the tag is always said."""
    source = bases.parse_hub(hub)
    assert source is not None
    assert source.reference(name) == reference


@pytest.mark.parametrize("hub", ["", "  "])
def test_no_hub_leaves_the_choice_open(hub: str) -> None:
    """An empty HUB names nothing: where the bases come from is then found out."""
    assert bases.parse_hub(hub) is None


@pytest.mark.parametrize(
    "hub", ["foo", "foo/bar", "my hub.ru", "mirror.gcr.io:port", "http://", "a.b/C", "$(reboot).ru"]
)
def test_what_is_no_registry_is_refused_with_examples(hub: str) -> None:
    """A HUB that docker would not take for a registry is refused, with names that would be right."""
    with pytest.raises(LabcheckError, match=r"not the name of a registry.*HUB=mirror\.gcr\.io"):
        bases.parse_hub(hub)


def test_an_address_is_refused_with_the_name_it_means() -> None:
    """HUB=https://mirror.gcr.io is refused with HUB=mirror.gcr.io."""
    with pytest.raises(LabcheckError, match=r"would be right: HUB=mirror\.gcr\.io$"):
        bases.parse_hub("https://mirror.gcr.io/")


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("toomanyrequests: You have reached your pull rate limit", "docker login"),
        ("manifest for x:1 not found: manifest unknown", "does not have mysql:8.4"),
        ("pull access denied for x, repository does not exist", "docker login"),
        ("write /var/lib/docker/tmp/x: no space left on device", "Free some space"),
        ("http: server gave HTTP response to HTTPS client", "no TLS"),
        ("dial tcp: lookup mirror.example on 10.0.0.1:53: no such host", "out of reach"),
        ("net/http: request canceled while waiting for connection", "out of reach"),
    ],
)
def test_a_refused_pull_says_what_to_do(monkeypatch: pytest.MonkeyPatch, reason: str, advice: str) -> None:
    """Each reason for which an engine does not pull becomes advice, with the engine's own words at the end."""
    monkeypatch.setattr("labcheck.engine.stream.events", lambda *_arguments, **_options: iter([{"error": reason}]))
    with pytest.raises(LabcheckError) as error:
        bases.pull(bases.Source("mirror", "mirror.example"), "mysql:8.4", lambda _line: None)
    assert advice in str(error.value)
    assert str(error.value).endswith(f"(docker pull mirror.example/library/mysql:8.4: {reason})")
