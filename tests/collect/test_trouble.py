"""`sh collect.sh` where something stands in the way: rights, Docker, the disk, an earlier archive, Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.collect.conftest import ARCHIVE, FLASK, HOME, NAME, RUSSIAN

if TYPE_CHECKING:
    from tests.collect.conftest import Machine

DENIED = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get …"
STOPPED = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
STOPPED_29 = "failed to connect to the docker API at unix:///x.sock; check if … the daemon is running: …"
NO_IMAGE = "Error response from daemon: No such image: nope:latest"


def test_what_only_root_may_read(machine: Machine, lab: dict[str, bytes]) -> None:
    """Files of /etc/netplan are root's (0600): the command to run is said; with sudo the home stays the student's."""
    machine.put({path: content for path, content in lab.items() if "netplan" not in path})
    machine.put({path: content for path, content in lab.items() if "netplan" in path}, mode=0o600, owner="root")
    said = machine.collect("-n", "-o", "it's one")
    command = r"sudo sh /collect.sh '-n' '-o' 'it'\''s one'"
    assert f"- no right to read /etc/netplan/01-dns.yaml. Run: {command}\n" in said.output
    assert "MISSING  netplan" in said.output
    sudo = {"HOME": "/root", "SUDO_USER": "student", "SUDO_UID": "1000", "SUDO_GID": "1000"}
    said = machine.collect("-n", user="root", cwd="/root", **sudo)
    assert "MISSING  image.tar" in said.output
    assert said.output.count("MISSING") == 1
    assert f"{NAME}/netplan/01-dns.yaml" in machine.archive()
    assert machine.sh(f"stat -c '%a %u %g' '{ARCHIVE}'") == "600 1000 1000\n"


@pytest.mark.parametrize(
    ("answer", "options", "english", "russian"),
    [
        (None, [], "Docker is not installed (step 5)", "Docker не установлен (шаг 5)"),
        (f"echo '{DENIED}' >&2; exit 1", [], "Run: sudo sh /collect.sh", "нет прав на Docker (шаг 5: группа docker)"),
        (f"echo '{STOPPED}' >&2; exit 1", [], "sudo service docker start", "Docker не запущен"),
        (f"echo '{STOPPED_29}' >&2; exit 1", [], "Docker does not run", "sudo service docker start"),
        (
            f"case $1 in history) echo '{NO_IMAGE}' >&2; exit 1; esac",
            ["-i", "nope"],
            NO_IMAGE,
            f"нет образа: {NO_IMAGE}",
        ),
        ("case $* in *Repo*) echo flask:latest; exit; esac", [], "no image var_keeper", "другое имя: -i ОБРАЗ"),
        ("case $1 in save) echo half; echo broken >&2; exit 1; esac", [], "no image: broken", "нет образа: broken"),
    ],
    ids=["absent", "denied", "stopped", "stopped-29", "no-such-image", "no-keeper", "save-fails"],
)
def test_without_an_image_the_files_are_taken(
    machine: Machine, answer: str | None, options: list[str], english: str, russian: str
) -> None:
    """Docker absent, not allowed, not running (5), no such image (137): a sentence says what to do, files are kept."""
    machine.put({f"{FLASK}/app.py": b""})
    if answer:
        machine.docker(answer)
    said = machine.collect(*options)
    assert said.code == 0
    assert english in said.output
    assert "MISSING  image.tar" in said.output
    files = machine.archive().keys()
    assert f"{NAME}/flask/app.py" in files
    assert not {f"{NAME}/image.tar", f"{NAME}/history.txt"} & files
    assert russian in machine.collect(*options, **RUSSIAN).output


@pytest.mark.parametrize(
    ("options", "code", "english", "russian"),
    [
        ([], 1, "Nothing of the lab is here: nothing was written.", "Ничего из лабораторной здесь нет"),
        (["-o", "/proc/a.tar.gz"], 1, "Nothing can be written into /proc/", "/proc/ нельзя писать"),
        (["-o", "/passwd"], 1, "/passwd.tar.gz is there already", "/passwd.tar.gz уже есть"),
        (["nowhere"], 1, "There is no folder nowhere.", "Нет каталога nowhere."),
        (["-x"], 2, "Usage: sh collect.sh", "Запуск: sh collect.sh"),
        (["a", "b"], 2, "Usage: sh collect.sh", "Запуск: sh collect.sh"),
        (["-h"], 0, "Sends nothing anywhere.", "Никуда ничего не отправляет."),
    ],
)
def test_nothing_is_written(machine: Machine, options: list[str], code: int, english: str, russian: str) -> None:
    """Where there is nothing to collect or no place for it, one sentence says so, and nothing is left behind."""
    machine.put({"/passwd.tar.gz": b"mine"})
    machine.docker("case $* in *Repo*) exit; esac")
    before = machine.written()
    said = machine.collect(*options)
    assert said.code == code, said.output
    assert english in said.output
    assert russian in machine.collect(*options, **RUSSIAN).output
    assert machine.written() == before
    assert machine.sh("cat /passwd.tar.gz") == "mine"


def test_an_earlier_archive_stays(machine: Machine, lab: dict[str, bytes]) -> None:
    """A second run writes a second archive, and says its name."""
    machine.put(lab)
    machine.put({ARCHIVE: b"mine", f"{HOME}/{NAME}-2.tar.gz": b"mine too"})
    assert f"{NAME}-3.tar.gz" in machine.collect("-n").output
    assert f"{NAME}-3/flask/app.py" in machine.archive(f"{HOME}/{NAME}-3.tar.gz")
    assert machine.sh(f"cat '{ARCHIVE}' '{HOME}/{NAME}-2.tar.gz'") == "minemine too"


def test_full_disk(machine: Machine, lab: dict[str, bytes]) -> None:
    """An image too big for the disk is left out, the files still find room; where not even they do, it is said."""
    machine.put(lab)
    machine.docker("case $1 in save) dd if=/dev/urandom bs=100k count=10; exit; esac")
    said = machine.collect("-o", "/small/a")
    assert said.code == 0
    assert "- no image: " in said.output
    assert "no space left" in said.output.lower()
    assert machine.sh("ls -A /small") == "a.tar.gz\n"
    machine.sh("head -c 290000 /dev/urandom > /small/b || true; rm /small/a.tar.gz")
    machine.put({f"{HOME}/content/{name}.png": bytes(range(256)) * 3000 for name in "abc"})
    said = machine.collect("-n", "-o", "/small/a", **RUSSIAN)
    assert said.code == 1
    assert "Архив не записан: " in said.output
    assert machine.sh("ls -A /small") == "b\n"


def test_ctrl_c_leaves_nothing(machine: Machine, lab: dict[str, bytes]) -> None:
    """Interrupted while the image is saved, which takes longest: neither an archive nor a temporary folder is left."""
    machine.put(lab)
    machine.docker("case $1 in save) kill -INT 0; sleep 60; esac")  # to all of the group, as a terminal does
    before = machine.written()
    said = machine.collect(**RUSSIAN)
    assert said.code == 130, said.output
    assert "Прервано: ничего не записано." in said.output
    assert machine.written() == before


@pytest.mark.parametrize(
    ("before", "answer", "english", "russian"),
    [
        (
            "mkdir -p /snap/bin && mv /usr/local/bin/docker /snap/bin/docker && ln -s /snap/bin/docker /usr/local/bin/",
            "#",
            "Docker is a snap",
            "Docker поставлен как snap",
        ),
        ("true", "case $1 in volume) echo content; exit; esac", "a volume is called content", "есть том content"),
        (f"mkdir '{HOME}/content'", "#", "step 81 came before step 80", "шаг 81 выполнен раньше 80"),
    ],
    ids=["snap", "volume", "made-by-root"],
)
def test_mistakes_that_leave_no_trace_in_the_files(  # noqa: PLR0913, PLR0917 - its parameters
    machine: Machine, lab: dict[str, bytes], before: str, answer: str, english: str, russian: str
) -> None:
    """Docker by snap (5), `-v content:` without `~/` (81), 81 before 80: said on the machine where they show."""
    files = {path: content for path, content in lab.items() if "/content/" not in path}
    machine.put(files)
    machine.docker()
    assert english not in machine.collect().output
    machine.docker(answer)
    machine.sh(before)
    assert english in machine.collect().output
    assert russian in machine.collect(**RUSSIAN).output
