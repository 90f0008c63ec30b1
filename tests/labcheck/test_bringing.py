"""What was handed in gets a name in the lab machine that its engine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from labcheck.grading import bringing
from labcheck.submission.submission import Submission

if TYPE_CHECKING:
    from docker import DockerClient

    from labcheck.machine.machine import Machine

REFERENCE = "localhost/labcheck/pulled:1"
DIGEST = "sha256:" + "a" * 64


class Taking:
    """A machine that notes what it is brought: names there, with the names here."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.names: dict[str, str] = {}

    def bring(self, _engine: DockerClient, names: dict[str, str], *, trusted: bool) -> None:
        """Note it."""
        assert not trusted
        self.names |= names


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("ivanova/keeper", "ivanova/keeper:latest"),
        ("ivanova/keeper:2", "ivanova/keeper:2"),
        (f"ivanova/keeper@{DIGEST}", REFERENCE),
        (f"ivanova/keeper:2@{DIGEST}", REFERENCE),
    ],
)
def test_an_image_keeps_its_name_where_it_can(engine: DockerClient, image: str, name: str) -> None:
    """The student's own name, with its tag; an image that was named by its digest is called as here (step 148)."""
    machine = Taking()
    handed_in = bringing.bring_image(engine, cast("Machine", machine), Submission("Anna", image=image), REFERENCE)
    assert handed_in.image == name
    assert machine.names == {name: REFERENCE}
