"""A submission that hangs, dies or kills its workers costs itself alone, on a cluster as on one machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from labcheck import roster
from labcheck.grading import batch, scale
from labcheck.grading.batch import Batch, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scale.conftest import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# stands for `labcheck check`: it does what the submission says, and writes down that it was asked to
CHECK = """
import json, os, pathlib, signal, sys, time
options = dict(option.partition('=')[::2] for option in sys.argv[1:])
what, tries = (pathlib.Path(options['--submission']) / 'does').read_text().split()
with open(tries, 'a') as file:
    file.write('x')
if what == 'hang':
    time.sleep(600)
if what == 'kill':
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit()
if what == 'refuse':
    sys.exit('Error: Nothing of the lab is in it.')
check = {'id': 'build.it', 'verdict': 'passed', 'actual': os.environ['LANGUAGE']}
pathlib.Path(options['--results']).write_text(json.dumps({'score': 1.0, 'max_score': 1.0, 'checks': [check]}))
print('graded', os.environ['HUB'])
"""


def test_each_loses_itself_alone(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs, refuses or kills each worker that takes it has no mark, tried once more; the others have theirs."""
    monkeypatch.setenv("LANGUAGE", "en")
    (tmp_path / "check.py").write_text(CHECK)
    does = {"hang": "hang", "refuse": "refuse", "kill": "kill", "anna": "right", "boris": "right"}
    for name, what in does.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "does").write_text(f"{what} {tmp_path / name}.tries")
    command = (sys.executable, str(tmp_path / "check.py"))
    settings = Settings(tmp_path / "out", "hub.invalid", "1", seconds=5, patience=0.5, command=command)
    pool = scale.connect(cluster.address)
    assert pool.slots() == 2
    with batch.opened(settings.out):
        entries = roster.read(tmp_path / "class").entries
        graded = {one.entry.name: one for one in Batch(settings, pool=pool).grade(entries)}
    assert "longer than" in graded["hang"].reason
    assert "Nothing of the lab is in it." in graded["refuse"].reason
    assert graded["kill"].reason.startswith(
        "The workers that graded it died, one after the other, the last one at tcp:"
    )
    tries = {name: len((tmp_path / f"{name}.tries").read_text()) for name in does}
    assert tries == {"hang": 2, "refuse": 2, "kill": 2 * 4, "anna": 1, "boris": 1}  # Dask's own limit is 4 workers
    for name in ("anna", "boris"):
        results = graded[name].results
        assert results
        assert (graded[name].reason, results["checks"][0]["actual"]) == ("", "en")  # the cluster speaks Russian
        (log,) = (settings.out / batch.LOGS).glob(f"{name}-*")
        assert log.read_text() == "graded hub.invalid\n"
