"""A room: after `make load` nothing is asked of a network, and nothing is wrong because there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.doctor import facts, lab_machine
from labcheck.images import bundled
from labcheck.machine import exits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine

OUTSIDE = ["dns", "container-network", "pip", "apt", "hub"]


@pytest.fixture
def loaded(fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeEngine:
    """An engine into which a bundle was loaded, and a network where nobody answers."""
    image = {"Id": "sha256:" + 64 * "1", "Config": {"Labels": {bundled.KIND_LABEL: "standin"}}}
    fake_engine.answers[f"images/{bundled.IMAGE}/json"] = (200, image)
    (tmp_path / "loop").touch()
    monkeypatch.setattr(lab_machine, "_LOOP", tmp_path / "loop")
    monkeypatch.setattr(facts, "ask", lambda address: pytest.fail(f"{address} was asked"))
    monkeypatch.setattr(exits, "registries", lambda: pytest.fail("registries were asked"))
    return fake_engine


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.usefixtures("loaded")
def test_the_bundle_has_what_a_network_would(look: Callable[..., Finding], name: str) -> None:
    """Names, registries and base images are not needed, which is said."""
    finding = look(name, hub="")
    assert (finding.state, finding.found) == ("ok", "not needed: the bundle loaded here has it all")


@pytest.mark.usefixtures("loaded")
def test_the_lab_machine_reaches_the_bundles_index(look: Callable[..., Finding]) -> None:
    """Its exit leads to the index of the bundle, so no registry is tried."""
    assert look("lab-machine", hub="").state == "ok"


@pytest.mark.usefixtures("loaded")
def test_hub_asks_for_the_network_all_the_same(look: Callable[..., Finding]) -> None:
    """HUB=… takes bases from elsewhere: then what leads there is looked at."""
    assert "bundle" not in look("hub", hub="standin").found
