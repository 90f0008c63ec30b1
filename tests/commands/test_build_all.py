"""`make build-all`: every image of the lab, whole or not at all, beside whatever else the engine holds."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from labcheck.engine.containers import wait_until
from labcheck.images.lab import LAB_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.commands.conftest import SecondEngine

TAGS = [tag for image in LAB_IMAGES for tag in image.tags]


@pytest.fixture
def fresh(second_engine: SecondEngine) -> Iterator[SecondEngine]:
    """The second engine without any image of the lab, and without any afterwards."""
    second_engine.labcheck("clean")
    second_engine.client.images.prune(filters={"dangling": True})  # what other tests put there by hand
    yield second_engine
    second_engine.labcheck("clean")


def ids(second: SecondEngine) -> dict[str, str]:
    """Return the ids of the lab's images by tag."""
    return {tag: str(image.id) for image in second.client.images.list() for tag in image.tags if tag in TAGS}


def assert_nothing_half_made(second: SecondEngine) -> None:
    """Check that no container, no nameless image and no name of a build stage is on the engine."""
    assert second.client.containers.list(all=True, ignore_removed=True) == []
    assert second.client.images.list(filters={"dangling": True}) == []
    assert not [tag for image in second.client.images.list() for tag in image.tags if "/stage:" in tag]


def test_build_all_makes_every_image_of_the_lab(fresh: SecondEngine) -> None:
    """Every tag of the lab is there afterwards, in the table too, and flask:latest is the alpine one (step 131)."""
    code, output = fresh.labcheck("build-all")
    assert code == 0, output
    made = ids(fresh)
    assert sorted(made) == sorted(TAGS)
    assert made["flask:latest"] == made["flask:alpine"]
    rows = {line.split()[0]: line for line in output.splitlines() if line.startswith(("flask:", "var_keeper:"))}
    assert sorted(rows) == sorted(TAGS)
    assert all("127.0.0.1:5000/hub" in row for row in rows.values())
    assert_nothing_half_made(fresh)


@pytest.mark.slow
def test_a_second_build_changes_nothing(fresh: SecondEngine) -> None:
    """Unchanged and warm, build-all leaves every image as it is."""
    assert fresh.labcheck("build-all")[0] == 0
    before = ids(fresh)
    assert fresh.labcheck("build-all")[0] == 0
    assert ids(fresh) == before


def test_somebodys_image_under_a_name_of_the_lab_stops_the_build(fresh: SecondEngine) -> None:
    """A foreign flask:clean is named in one sentence and kept; FORCE=1 moves the name to our image."""
    foreign = fresh.client.images.get("127.0.0.1:5000/hub/library/hello-world:latest")
    foreign.tag("flask:clean")
    try:
        code, output = fresh.labcheck("build-all")
        assert code == 2
        assert "flask:clean, and it is not ours" in " ".join(output.split())
        assert ids(fresh) == {"flask:clean": foreign.id}
        code, output = fresh.labcheck("build-all", FORCE="1")
        assert code == 0, output
        assert ids(fresh)["flask:clean"] != foreign.id
        assert fresh.client.images.get("127.0.0.1:5000/hub/library/hello-world:latest").id == foreign.id
    finally:
        if ids(fresh).get("flask:clean") == foreign.id:
            fresh.client.images.remove("flask:clean")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing_half_made(fresh: SecondEngine, how: signal.Signals) -> None:
    """Ctrl-C in the middle of a build ends with 130, and no image, container or step is left; the next run works."""
    process = fresh.popen("build-all")
    wait_until(
        fresh.lab.container, lambda: bool(fresh.client.containers.list(ignore_removed=True)), "a step of the build runs"
    )
    process.send_signal(how)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 130, output
    assert "Traceback" not in output
    wait_until(
        fresh.lab.container,
        lambda: not fresh.client.containers.list(all=True, ignore_removed=True),
        "the step's container is gone",
    )
    unfinished = set(TAGS) - set(ids(fresh))
    assert unfinished, "the build was over before it was interrupted"
    assert_nothing_half_made(fresh)
    assert fresh.labcheck("build-all")[0] == 0


@pytest.mark.slow
def test_after_a_killed_build_the_next_run_works_and_tidies(fresh: SecondEngine) -> None:
    """After kill -9 no image has its final name too early, and the next run leaves nothing behind."""
    process = fresh.popen("build-all")
    wait_until(
        fresh.lab.container, lambda: bool(fresh.client.containers.list(ignore_removed=True)), "a step of the build runs"
    )
    process.kill()
    process.communicate(timeout=60)
    assert set(ids(fresh)) < set(TAGS)
    code, output = fresh.labcheck("build-all")
    assert code == 0, output
    assert sorted(ids(fresh)) == sorted(TAGS)
    wait_until(
        fresh.lab.container,
        lambda: not fresh.client.containers.list(all=True, ignore_removed=True),
        "the step's container is gone",
    )
    assert_nothing_half_made(fresh)


@pytest.mark.slow
def test_two_runs_at_once_do_not_hurt_each_other(fresh: SecondEngine) -> None:
    """The second of two runs says that it waits for the first; both end well."""
    first, second = fresh.popen("build-all"), fresh.popen("build-all")
    outputs = [process.communicate(timeout=300)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert sum("is working on this engine" in output for output in outputs) == 1
    assert sorted(ids(fresh)) == sorted(TAGS)


@pytest.mark.slow
def test_a_failing_build_says_which_and_keeps_nothing(fresh: SecondEngine, tmp_path: Path) -> None:
    """Without its package index the build fails with a sentence and pip's last lines; nothing half made stays."""
    # a proxy that refuses every connection: builds then reach no package index
    proxy = '{"proxies": {"default": {"httpProxy": "http://127.0.0.1:1", "httpsProxy": "http://127.0.0.1:1"}}}'
    (tmp_path / "config.json").write_text(proxy)
    code, output = fresh.labcheck("build-all", DOCKER_CONFIG=str(tmp_path))
    assert code == 2
    assert "The build of" in output
    assert "pip install" in output
    assert "Traceback" not in output
    assert_nothing_half_made(fresh)
