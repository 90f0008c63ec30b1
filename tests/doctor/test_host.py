"""What the engine has to work with: processor, memory, disk, ports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from labcheck.doctor import disk, host
from labcheck.images.lab import CHECKOUT
from tests.doctor.conftest import assert_shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labcheck.doctor.finding import Finding
    from tests.doctor.conftest import FakeEngine

GB = 10**9
V2 = "processor\t: 0\nflags\t\t: fpu sse2 ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm pni syscall\n"
BEFORE_V2 = "processor\t: 0\nflags\t\t: fpu sse2 ssse3 cx16 lahf_lm pni syscall\n"
MORE = ("Buy some.", "true")


@pytest.mark.parametrize(
    ("architecture", "cpuinfo", "state", "found"),
    [
        ("x86_64", V2, "ok", "x86_64, x86-64-v2"),
        ("x86_64", BEFORE_V2, "wrong", "it lacks popcnt, sse4_1, sse4_2"),
        ("x86_64", "", "ok", "cannot be seen"),
        ("aarch64", "", "warning", "was not tried"),
        ("armv7l", "", "wrong", "are not made for it"),
        ("i686", BEFORE_V2, "wrong", "are not made for it"),
    ],
)
def test_a_processor_that_mysql_does_not_run_on_is_wrong(
    architecture: str, cpuinfo: str, state: str, found: str
) -> None:
    """MySQL's official image needs x86-64-v2, or ARM64 (lab step 140)."""
    finding = host.judge_processor(architecture, cpuinfo, with_standins=False)
    assert (finding.state, found in finding.found) == (state, True)


def test_an_old_processor_will_do_for_stand_ins() -> None:
    """Debian's MySQL, which the stand-in is, runs on any x86-64; who takes other bases is told to take that."""
    assert host.judge_processor("x86_64", BEFORE_V2, with_standins=True).state == "warning"
    assert host.judge_processor("x86_64", BEFORE_V2, with_standins=False).command == "make build-all HUB=standin"


def test_the_processor_of_an_engine_elsewhere_is_not_this_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_engine: FakeEngine, look: Callable[..., Finding]
) -> None:
    """The flags in /proc/cpuinfo are looked at for an engine that runs here, and for no other."""
    (tmp_path / "cpuinfo").write_text(BEFORE_V2)
    monkeypatch.setattr(host, "_CPUINFO", tmp_path / "cpuinfo")
    assert look("processor", hub="127.0.0.1:5000").state == "wrong"
    fake_engine.info["Name"] = "docker-desktop"
    assert look("processor", hub="127.0.0.1:5000").state == "ok"
    fake_engine.info["Architecture"] = "aarch64"
    assert look("processor").state == "warning"


@pytest.mark.parametrize(
    ("total", "free", "state", "found"),
    [
        (0.9 * GB, 0.5 * GB, "wrong", "MySQL does not run"),
        (2 * GB, 1.5 * GB, "warning", "little for the lab machine"),
        (8 * GB, 0.3 * GB, "warning", "too little to start MySQL"),
        (8 * GB, 5 * GB, "ok", "8.0 GB, 5.0 GB of them free"),
        (8 * GB, None, "ok", "8.0 GB"),
    ],
)
def test_too_little_memory_is_said(total: float, free: float | None, state: str, found: str) -> None:
    """MySQL is killed below one gigabyte; a lab machine wants more; what others took is told apart."""
    finding = host.judge_memory(int(total), None if free is None else int(free), more=MORE)
    assert (finding.state, found in finding.found) == (state, True)


def test_memory_is_the_engines(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """Docker Desktop gives its virtual machine a part of the memory; that part counts, and where it is set is said."""
    fake_engine.info |= {"MemTotal": 2 * GB, "Name": "docker-desktop", "OperatingSystem": "Docker Desktop"}
    finding = look("memory")
    assert finding.found.startswith("2.0 GB: little")
    assert "Settings → Resources" in finding.advice


def test_without_an_engine_memory_is_this_machines(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding]
) -> None:
    """What an engine would have is told before there is one."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert look("memory").found.startswith(f"{psutil.virtual_memory().total / GB:.1f} GB")


def on_small_disk(folder: Path, options: str) -> dict[str, str]:
    """Return the finding about a folder on a file system in memory, made with `options`; it is gone afterwards."""
    judge = (
        "import dataclasses, json, sys; from labcheck.doctor import disk; "
        "print(json.dumps(dataclasses.asdict(disk.judge(sys.argv[1], 10**6, 10**9))))"
    )
    # a mount namespace of its own, in which whoever is not root is root
    command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-euc"]
    script = 'mount -t tmpfs -o "$3" small "$1"; exec "$0" -c "$2" "$1"'
    done = subprocess.run(  # noqa: S603 - commands of ours
        [*command, script, sys.executable, str(folder), judge, options],
        cwd=CHECKOUT,
        env={**os.environ, "LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    finding: dict[str, str] = json.loads(done.stdout)
    return finding


@pytest.mark.parametrize(
    ("options", "state", "found"),
    [
        ("size=64k,nr_inodes=1000000", "wrong", "0.0 GB are free in {folder}, 0.0 GB are needed"),
        (
            "size=100m,nr_inodes=1000000",
            "warning",
            "0.1 GB are free in {folder}; with a lab machine it may take 1.0 GB",
        ),
        ("size=2g,nr_inodes=1000000", "ok", "2.1 GB are free in {folder}"),
        ("size=2g,nr_inodes=100", "wrong", "but room for 99 more files only"),
    ],
)
def test_a_full_disk_is_said(tmp_path: Path, options: str, state: str, found: str) -> None:
    """A disk with too little room, or with room and no inodes, is wrong before anything is built on it."""
    finding = on_small_disk(tmp_path, options)
    assert (finding["state"], found.format(folder=tmp_path) in finding["found"]) == (state, True), finding
    assert bool(finding["command"]) == (state != "ok")
    if finding["command"]:
        assert_shell(finding["command"])


def test_a_full_home_folder_is_said_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Callable[..., Finding]
) -> None:
    """Where the records are kept there has to be room too, however large the engine's disk."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(disk, "_OWN_BYTES", 10**18)
    finding = look("disk")
    assert finding.state == "wrong"
    assert str(tmp_path) in finding.found


def test_the_disk_of_an_engine_elsewhere_is_not_guessed(fake_engine: FakeEngine, look: Callable[..., Finding]) -> None:
    """A folder of this machine that is called as the engine's says nothing about that."""
    fake_engine.info["Name"] = "docker-desktop"
    finding = look("disk")
    assert (finding.state, finding.command) == ("warning", "docker system df")
    assert "cannot be seen from here" in finding.found
