"""The image that a student names: pulled, given back, and whose fault it is where there is none (steps 144-148)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine import ownership
from labcheck.errors import PullError
from labcheck.images import bases, lab
from labcheck.images.bases import HUB, Source
from labcheck.submission import handed_in_image
from tests.labcheck.conftest import NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from labcheck.engine.record import Record


def test_pulled_and_removed_again(record: Record, registry: Source) -> None:
    """An image that the engine did not have is there while it is needed, and not afterwards."""
    with handed_in_image.fetched(record, registry, NAME, print) as fetched:
        assert fetched.name == registry.reference(NAME)
        assert record.current_id(fetched.name)
    assert record.current_id(registry.reference(NAME)) is None


def test_a_name_with_a_digest(engine: DockerClient, record: Record, registry: Source) -> None:
    """The image of that digest is pulled, whatever the tag beside it; it gets a tag, as docker save asks for one."""
    digest = engine.images.get_registry_data(registry.reference(NAME)).id
    for name in (NAME.partition(":")[0], NAME):
        with handed_in_image.fetched(record, registry, f"{name}@{digest}", print) as fetched:
            assert fetched.name, fetched
            assert fetched.name in engine.images.get(fetched.name).tags
        assert record.current_id(fetched.name) is None
        assert record.current_id(registry.reference(f"{name}@{digest}")) is None


def test_what_the_engine_has_stays(engine: DockerClient, record: Record, base: Callable[[str], str]) -> None:
    """An image of the user's own is taken as it is, and kept."""
    name = f"localhost/labcheck/run:{ownership.run_id().replace('/', '-')}-0"
    engine.images.get(base("hello-world")).tag(name)
    try:
        with handed_in_image.fetched(record, HUB, name, print) as fetched:
            assert fetched.name == name
        assert record.current_id(name)
    finally:
        engine.images.remove(name)


def test_the_reference_is_not_handed_in(
    engine: DockerClient, record: Record, base: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that says var_keeper alone means the student's (step 147): what is called so here may be ours."""
    name = f"localhost/labcheck/run:{ownership.run_id().replace('/', '-')}-1"
    monkeypatch.setattr(lab, "LAB_IMAGES", (lab.LabImage((name,), "Dockerfile"),))
    monkeypatch.setattr(bases, "pull", _refusing("pull access denied"))
    engine.images.get(base("hello-world")).tag(name)
    try:
        with handed_in_image.fetched(record, HUB, name, print) as fetched:  # somebody else's, of the same name
            assert fetched.name == name
        record.tag(str(record.current_id(name)), name)
        with handed_in_image.fetched(record, HUB, name, print) as fetched:
            assert "is the reference's image" in fetched.fault
            assert fetched.name is None
        assert record.current_id(name)
    finally:
        engine.images.remove(name)


def _refusing(reason: str) -> Callable[..., None]:
    """Return a pull that fails for this reason."""

    def pull(*_arguments: object) -> None:
        message = "what to do"
        raise PullError(message, reason)

    return pull


def test_what_a_mirror_does_not_have_docker_hub_is_asked_for(
    record: Record, registry: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public mirrors seldom have students' images: that one does not is not yet the student's fault."""
    asked = []
    real, out_of_reach = bases.pull, _refusing("dial tcp: lookup registry on 10.0.0.1:53: no such host")

    def pull(source: Source, name: str, say: Callable[[str], None]) -> None:
        asked.append(source)
        (real if source == registry else out_of_reach)(source, name, say)

    monkeypatch.setattr(bases, "pull", pull)
    with handed_in_image.fetched(record, registry, "student/absent", print) as fetched:
        assert (fetched.name, fetched.fault) == (None, "")
        assert fetched.trouble
    assert asked == [registry, HUB]


@pytest.mark.parametrize(
    ("reason", "whose"),
    [
        ("pull access denied for a/b, repository does not exist or may require 'docker login'", "fault"),
        ("manifest for a/b:latest not found: manifest unknown: manifest unknown", "fault"),
        ("unauthorized: authentication required", "fault"),
        ("invalid reference format", "fault"),
        ("toomanyrequests: You have reached your pull rate limit", "trouble"),
        ("no matching manifest for linux/amd64 in the manifest list entries", "trouble"),
        ("Get https://registry.example/v2/: dial tcp: lookup registry.example: no such host", "trouble"),
        ("net/http: request canceled while waiting for connection", "trouble"),
        ("write /var/lib/docker/tmp/x: no space left on device", "trouble"),
    ],
)
def test_whose_fault(record: Record, monkeypatch: pytest.MonkeyPatch, reason: str, whose: str) -> None:
    """Private, absent or misspelt is the student's; out of reach, throttled or another platform is ours."""
    monkeypatch.setattr(bases, "pull", _refusing(reason))
    with handed_in_image.fetched(record, HUB, "a/b", print) as fetched:
        assert fetched.name is None
        assert [name for name in ("fault", "trouble") if getattr(fetched, name)] == [whose]


@pytest.mark.parametrize("registry", ["localhost:5000", "127.0.0.1", "10.0.0.1:5000", "169.254.169.254"])
def test_a_name_does_not_lead_into_our_networks(record: Record, monkeypatch: pytest.MonkeyPatch, registry: str) -> None:
    """A registry of a private address is not asked: the engine would knock at its door on a stranger's word."""

    def pull(*_arguments: object) -> None:
        raise AssertionError(registry)

    monkeypatch.setattr(bases, "pull", pull)
    with handed_in_image.fetched(record, HUB, f"{registry}/a/b:1", print) as fetched:
        assert registry in fetched.fault


def test_a_name_without_its_user_is_said(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker push var_keeper` without the user's name is denied (step 147)."""
    reason = "pull access denied for var_keeper, repository does not exist"
    monkeypatch.setattr(bases, "pull", _refusing(reason))
    with handed_in_image.fetched(record, HUB, "var_keeper:absent", print) as fetched:
        assert "USER/var_keeper:absent (step 147)" in fetched.fault


def test_what_is_no_name_is_the_students(record: Record) -> None:
    """Docker itself would refuse it."""
    with handed_in_image.fetched(record, HUB, "[::1]:5000/A b", print) as fetched:
        assert "is not what docker calls an image" in fetched.fault
