"""A setting that is missing or wrong is named as make has it, with what it has to be."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from labcheck import usage
from labcheck.__main__ import cli

HERE = Path(__file__)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--port=abc"], "PORT has to be a number from 1 to 65535."),
        (["up", "--port=0"], "PORT has to be a number from 1 to 65535."),
        (["check-class", "--class=."], "OUT is missing: say OUT=…"),
        (["check-class", f"--out={HERE}"], "OUT has to be a folder, and one that can be used."),
        (["check-class", "--out=new", "--csv=x"], "CSV has to be one of , ;."),
        (["check-class", "--out=new", "--pass=101"], "PASS has to be a number from 0 to 100."),
        (["bench", f"--baseline={HERE.parent}"], "BASELINE has to be a file, and one that can be used."),
        (["check", "--lang=xx"], "--lang has to be one of en ru."),
    ],
)
def test_a_setting_is_named_as_make_has_it(arguments: list[str], said: str) -> None:
    """Before anything is done, in one sentence."""
    with pytest.raises(click.UsageError) as caught:
        cli(arguments, standalone_mode=False)
    assert usage.worded(caught.value) == said


def test_an_option_that_there_is_not_is_said() -> None:
    """What has no setting keeps click's own sentence."""
    with pytest.raises(click.UsageError) as caught:
        cli(["up", "--no-such"], standalone_mode=False)
    assert "--no-such" in usage.worded(caught.value)
