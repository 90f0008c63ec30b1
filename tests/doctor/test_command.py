"""The command as people and programs meet it: exit codes, the terminal, JSON, and that it changes nothing."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from rich.console import Console

from labcheck.doctor import command as doctor_command
from labcheck.doctor import view
from labcheck.doctor.finding import Finding, Probe, ok, skipped, warning, wrong
from labcheck.doctor.probes import PROBES
from labcheck.images.lab import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doctor.conftest import FakeEngine

SCHEMA = json.loads(view.SCHEMA.read_text())


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m labcheck doctor ARGUMENTS`."""
    return subprocess.run(  # noqa: S603 - a command of ours
        [sys.executable, "-m", "labcheck", "doctor", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "LANGUAGE": "en", "HUB": "standin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def report(*arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON, which is as its schema says."""
    done = doctor("--json", *arguments, **environment)
    content: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(content, SCHEMA, cls=jsonschema.Draft202012Validator)
    return done.returncode, content


def test_json_is_as_its_schema_says_and_the_exit_code_as_the_worst() -> None:
    """On this machine, whatever is found: one finding a probe, in their order, and exit code 1 for wrong alone."""
    code, content = report()
    assert [finding["name"] for finding in content["findings"]] == [probe.name for probe in PROBES]
    assert code == (1 if content["state"] == "wrong" else 0)


def test_the_schema_knows_the_probes() -> None:
    """Names are a promise: the schema lists them, and refuses others."""
    assert SCHEMA["$defs"]["finding"]["properties"]["name"]["enum"] == [probe.name for probe in PROBES]
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for broken in ({}, {"schema": 1, "state": "fine", "findings": []}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_without_an_engine_the_exit_code_is_1() -> None:
    """DOCKER_HOST to nothing: 1, the reason and the command, nothing on standard error."""
    done = doctor(DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert re.search(r"^wrong +engine +no engine answers at unix:///nowhere\.sock", done.stdout)
    assert "    unset DOCKER_HOST\n" in done.stdout


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"HUB": "foo"}, "HUB=foo is not the name of a registry"),
        ({"PORT": "0"}, "PORT has to be a number from 1 to 65535"),
        ({"WEB_PORT": "http"}, "WEB_PORT has to be a number from 1 to 65535"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, str], said: str) -> None:
    """Bad usage is 2, with a sentence, and nothing is looked at."""
    done = doctor(**settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([ok("fine")], 0),
        ([ok("fine"), skipped("needs it")], 0),
        ([warning("hm"), ok("fine")], 0),
        ([ok("."), wrong("no")], 1),
    ],
)
def test_warnings_leave_the_exit_code_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], findings: list[Finding], code: int
) -> None:
    """0 is that nothing is wrong, 1 that something is."""
    told = iter(findings)
    monkeypatch.setattr(
        doctor_command, "PROBES", [Probe("engine", "engine", lambda _facts: next(told))] * len(findings)
    )
    with pytest.raises(SystemExit) as ended:
        doctor_command.doctor_command(["--json"], standalone_mode=False)
    assert ended.value.code == code
    assert [finding["found"] for finding in json.loads(capsys.readouterr().out)["findings"]] == [
        f.found for f in findings
    ]


def test_it_changes_nothing(fake_engine: FakeEngine, tmp_path: Path) -> None:
    """The engine is only ever asked, and no file of the user's is made."""
    fake_engine.answers["json"] = (200, {"Descriptor": {}, "Platforms": []})
    home = tmp_path / "home"
    home.mkdir()
    done = doctor(HOME=str(home), XDG_STATE_HOME=str(home / "state"), HUB="127.0.0.1:1")
    assert done.returncode in {0, 1}, done.stderr
    assert {line.partition(" ")[0] for line in fake_engine.asked} <= {"GET", "HEAD"}
    assert any("/distribution/" in line for line in fake_engine.asked)
    assert not list(home.rglob("*"))


def test_ctrl_c_ends_it_at_once() -> None:
    """Who does not want to wait is let go with 130, while a probe waits for an answer that does not come."""
    with socket.create_server(("127.0.0.1", 0)) as engine:
        engine.settimeout(120)
        address = f"tcp://127.0.0.1:{engine.getsockname()[1]}"
        process = subprocess.Popen(
            # a shell's background jobs (CI) are deaf to Ctrl-C, and so would this be
            ["env", "--default-signal=INT", sys.executable, "-m", "labcheck", "doctor"],  # noqa: S607 - on PATH
            cwd=CHECKOUT,
            env={**os.environ, "DOCKER_HOST": address, "HUB": "standin", "LANGUAGE": "en"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection = engine.accept()[0]
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
        connection.close()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors


LINES = [
    (
        Probe("engine", "engine", lambda _facts: ok("")),
        ok("Docker Engine 28.0.4, API 1.48, at unix:///var/run/docker.sock"),
    ),
    (
        Probe("hub", "base images", lambda _facts: ok("")),
        wrong(
            "mirror.example: " + "a long reason that does not fit on one line of a narrow terminal " * 2,
            "Ask whoever runs it, and if nobody does, take another one that is in reach from here:",
            "sudo sh -c 'mkdir -p /etc/docker && echo a-command-longer-than-any-terminal-is-wide > daemon.json'",
        ),
    ),
    (Probe("apt", "apt", lambda _facts: ok("")), skipped("there is no apt here")),
]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_text_is_wrapped_and_commands_are_not(width: int) -> None:
    """What is read fits the terminal; what is copied is one line, whatever the width. Without colours all is said."""
    output = io.StringIO()
    view.show(LINES, Console(file=output, width=width, highlight=False))
    lines = output.getvalue().splitlines()
    command = LINES[1][1].command
    assert [line.strip() for line in lines].count(command) == 1
    assert not [line for line in lines if len(line) > width and line.strip() != command]
    assert not [line for line in lines if line != line.rstrip()]
    words = " ".join(output.getvalue().split())
    for _probe, finding in LINES:
        assert " ".join(finding.found.split()) in words
    assert re.search(r"^wrong +base images +mirror\.example:", output.getvalue(), re.MULTILINE)
    assert lines[-1] == "1 wrong, 0 to look at, 1 all right"
    assert "\x1b" not in output.getvalue()


def test_colours_follow_the_terminal() -> None:
    """On a terminal the state is coloured, and nothing of what was found is taken for markup."""
    output = io.StringIO()
    line = (LINES[0][0], wrong("[red]not red[/red] :smile:"))
    view.show([line], Console(file=output, width=80, force_terminal=True, color_system="standard"))
    assert "\x1b[1;31mwrong" in output.getvalue()
    assert "[red]not red[/red] :smile:" in output.getvalue()
