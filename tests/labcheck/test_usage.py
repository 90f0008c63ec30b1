"""A setting that is missing or wrong is named as make has it, with what it has to be."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import click
import pytest

from labcheck import usage
from labcheck.__main__ import cli
from labcheck.images.lab import CHECKOUT

HERE = Path(__file__)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--port=abc"], "PORT has to be a number from 1 to 65535."),
        (["up", "--port=0"], "PORT has to be a number from 1 to 65535."),
        (["check-class", "--class=."], "OUT is missing: say OUT=…"),
        (["check-class", f"--out={HERE}"], "OUT has to be a folder, and one that can be used."),
        (["check-class", "--out=new", "--csv=x"], 'CSV has to be one of "," ";".'),
        (["check-class", "--out=new", "--pass=101"], "PASS has to be a number from 0 to 100."),
        (["bench", f"--baseline={HERE.parent}"], "BASELINE has to be a file, and one that can be used."),
        (["build-all", "up", "--port=abc"], "PORT has to be a number from 1 to 65535."),
        (["check", "--lang=xx"], "--lang has to be one of en ru."),
    ],
)
def test_a_setting_is_named_as_make_has_it(arguments: list[str], said: str) -> None:
    """Before anything is done, in one sentence."""
    with pytest.raises(click.UsageError) as caught:
        cli(arguments, standalone_mode=False)
    assert usage.worded(caught.value) == said


def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE=maybe is neither."""
    monkeypatch.setenv("FORCE", "maybe")
    with pytest.raises(click.UsageError) as caught:
        cli(["build-all"], standalone_mode=False)
    assert usage.worded(caught.value) == "FORCE has to be 1 or 0."


@pytest.mark.parametrize(
    ("target", "setting", "said"),
    [
        ("up", "PORT=abc", "PORT has to be a number"),
        ("walkthrough", "STEP=no", "STEP"),
        ("bench", "BASELINE=none", "BASELINE has to be a file"),
        ("check", "AREAS=build", "say SUBMISSION=… or IMAGE=…"),
        ("diff", "RAW=1", "say SUBMISSION=… or IMAGE=…"),
        ("check", "SUBMISSION=none", "There is no "),
        ("load", "BUNDLE=none", "There is no "),
    ],
)
def test_a_wrong_setting_is_said_before_anything_is_done(target: str, setting: str, said: str) -> None:
    """Nobody waits for the images of the lab, nor needs an engine, to be told of a slip of the pen."""
    done = _made(target, setting, LANGUAGE="en", DOCKER_HOST="tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("language", ["en", "ru"])
def test_targets_are_told_in_the_readers_language(language: str) -> None:
    """`make` prints every target with what it does, in either language."""
    lines = _made(LANGUAGE=language).stdout.splitlines()
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert [line.split()[1] for line in lines] == targets
    assert [bool(re.search(r"[\u0430-\u044f]{3}", line)) for line in lines] == [language == "ru"] * len(targets)
    assert len(set(lines)) == len(lines)


def _made(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(  # noqa: S603 - a command of ours
        ["make", "--silent", *arguments],  # noqa: S607 - on PATH
        cwd=CHECKOUT,
        env={**environment, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_option_that_there_is_not_is_said() -> None:
    """What has no setting keeps click's own sentence."""
    with pytest.raises(click.UsageError) as caught:
        cli(["up", "--no-such"], standalone_mode=False)
    assert "--no-such" in usage.worded(caught.value)
