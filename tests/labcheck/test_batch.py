"""A class side by side: what hangs, dies or is interrupted loses itself alone, and what is graded is kept."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from labcheck import roster
from labcheck.errors import LabcheckError
from labcheck.grading import batch
from labcheck.grading.batch import Batch, Graded, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from labcheck.roster import Entry

# stands for `labcheck check`: it does what the submission says, and counts how often it was asked to
CHECK = """
import json, os, pathlib, signal, sys, time
options = dict(option.partition('=')[::2] for option in sys.argv[1:])
folder = pathlib.Path(options['--submission'])
tries = folder / 'tries'
count = len(tries.read_text()) if tries.exists() else 0
(folder / 'pid').write_text(str(os.getpid()))
tries.write_text('x' * (count + 1))
verdict, code = 'passed', 0
what = (folder / 'does').read_text()
if what == 'hang':
    time.sleep(600)
if what == 'ignore':
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
if what == 'die':
    os.kill(os.getpid(), signal.SIGKILL)
if what == 'refuse':
    sys.exit('Error: Nothing of the lab is in it.')
if what == 'ungradable' or (what == 'recover' and not count):
    verdict, code = 'ungradable', 2
check = {'id': 'build.it', 'verdict': verdict, 'actual': 'no registry'}
pathlib.Path(options['--results']).write_text(json.dumps({'score': 1.0, 'max_score': 1.0, 'checks': [check]}))
sys.exit(code)
"""


def _class(folder: Path, **does: str) -> dict[str, Entry]:
    for name, what in does.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "does").write_text(what)
    return {entry.name: entry for entry in roster.read(folder).entries}


def _tries(entry: Entry) -> int:
    assert entry.path
    return len((entry.path / "tries").read_text())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two slots, a limit of 2 s, and the command that stands for `check`."""
    (tmp_path / "check.py").write_text(CHECK)
    out = tmp_path / "out"
    with batch.opened(out):
        pass
    command = (sys.executable, str(tmp_path / "check.py"))
    return Settings(out, hub="", fingerprint="1", slots=2, seconds=2, patience=0.5, command=command)


def test_each_loses_itself_alone(settings: Settings, tmp_path: Path) -> None:
    """What hangs is ended at its limit, what dies or refuses is ungradable, tried twice; the others have marks."""
    does = {name: name for name in ("hang", "ignore", "die", "refuse", "ungradable", "recover")}
    entries = _class(tmp_path / "class", **does, anna="right", boris="right")
    graded = {one.entry.name: one for one in Batch(settings).grade(list(entries.values()))}
    assert {name for name, one in graded.items() if one.results and not one.reason} == {"anna", "boris", "recover"}
    assert "longer than" in graded["hang"].reason
    assert "longer than" in graded["ignore"].reason
    assert graded["die"].reason == "The process that graded it ended without a word."
    assert "Nothing of the lab is in it." in graded["refuse"].reason
    assert graded["ungradable"].reason == "build.it: no registry"
    tries = {name: _tries(entry) for name, entry in entries.items()}
    assert tries == {**dict.fromkeys(does, 2), "anna": 1, "boris": 1}
    assert entries["ungradable"].path
    (entries["ungradable"].path / "does").write_text("right")
    again = Batch(settings).grade([entries["ungradable"], entries["refuse"], entries["anna"]])
    assert [(one.kept, bool(one.reason)) for one in again] == [(False, False), (False, True), (True, False)]


def test_what_has_not_changed_is_kept(settings: Settings, tmp_path: Path) -> None:
    """Only changed submissions are graded again, or all where the rubric has changed, or they are told to be."""
    entries = _class(tmp_path / "class", anna="right", boris="right")
    Batch(settings).grade(list(entries.values()))
    told: list[Graded | None] = []
    assert all(one.kept for one in Batch(settings, lambda _entry, one: told.append(one)).grade([*entries.values()]))
    assert [one.kept for one in told if one] == [True, True]
    (tmp_path / "class" / "anna" / "app.py").touch()
    assert [one.kept for one in Batch(settings).grade([entries["anna"], entries["boris"]])] == [False, True]
    assert {name: _tries(entry) for name, entry in entries.items()}["boris"] == 1
    assert not any(one.kept for one in Batch(settings).grade([*entries.values()], again=True))
    assert not any(one.kept for one in Batch(replace(settings, fingerprint="2")).grade([*entries.values()]))


def test_a_half_written_grade_is_none(settings: Settings, tmp_path: Path) -> None:
    """What a kill -9 left of a file is graded again, not believed."""
    (entry,) = _class(tmp_path / "class", anna="right").values()
    (settings.out / batch.GRADED / f"{entry.key}.json").write_text('{"fingerprint": ')
    (graded,) = Batch(settings).grade([entry])
    assert (graded.kept, graded.reason) == (False, "")


def test_interrupted(settings: Settings, tmp_path: Path) -> None:
    """Ctrl-C ends every process, keeps what was graded, and a later run goes on there."""
    entries = _class(tmp_path / "class", anna="right", boris="hang")
    grader = Batch(replace(settings, seconds=600))

    def told(entry: Entry, graded: Graded | None) -> None:
        if entry.name == "anna" and graded:
            threading.Thread(target=interrupt).start()

    def interrupt() -> None:
        while not (tmp_path / "class" / "boris" / "tries").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    grader.told = told
    with pytest.raises(KeyboardInterrupt):
        grader.grade(list(entries.values()))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "class" / "boris" / "pid").read_text()), 0)
    assert [one.entry.name for one in Batch(settings).kept(entries.values())] == ["anna"]
    assert _tries(entries["boris"]) == 1


def test_one_run_a_folder(settings: Settings) -> None:
    """Two runs do not write into one folder."""
    with batch.opened(settings.out), pytest.raises(LabcheckError, match="Another run"), batch.opened(settings.out):
        pass


def test_grades_are_json(settings: Settings, tmp_path: Path) -> None:
    """What is kept can be read by others too."""
    (entry,) = _class(tmp_path / "class", anna="right").values()
    Batch(settings).grade([entry])
    kept: dict[str, Any] = json.loads((settings.out / batch.GRADED / f"{entry.key}.json").read_text())
    assert kept["results"]["score"] == 1.0
