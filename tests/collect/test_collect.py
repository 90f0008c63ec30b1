"""`sh collect.sh` on a student's machine: what the lab leaves there, in one archive, and a word on what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.submission import submission
from tests.collect.conftest import ARCHIVE, ASKED, FLASK, HOME, IMAGE, NAME, RUSSIAN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collect.conftest import Machine

FILES = {"Dockerfile", ".dockerignore", "requirements.txt", "app.py"}


def test_all_of_the_lab_is_taken_and_nothing_else(machine: Machine, lab: dict[str, bytes]) -> None:
    """Steps 2, 80, 102-143: each file as it is, the image, its history; of an environment its mark, of git nothing."""
    machine.put(lab)
    machine.docker()
    said = machine.collect()
    assert said.code == 0, said.output
    assert "MISSING" not in said.output
    assert said.output.count("found ") == 7
    files = machine.archive()
    own = {"image.tar", "history.txt", "images.txt", "collected.txt"}
    texts = {f"{NAME}/flask/{name}": lab[f"{FLASK}/{name}"] for name in (*FILES, "venv/pyvenv.cfg")}
    texts |= {f"{NAME}/content/{name}": lab[f"{HOME}/content/{name}"] for name in ("index.html", "index-step80.html")}
    for name in ("00-installer-config.yaml", "01-dns.yaml"):
        texts[f"{NAME}/netplan/{name}"] = lab[f"/etc/netplan/{name}"]
    assert {name: files[name] for name in texts} == texts
    assert files.keys() == texts.keys() | {f"{NAME}/{name}" for name in own}
    assert files[f"{NAME}/image.tar"] == IMAGE
    assert b"docker 29, engine 29" in files[f"{NAME}/collected.txt"]


def test_the_grader_finds_all_of_it(machine: Machine, lab: dict[str, bytes], tmp_path: Path) -> None:
    """What `make check` reads from the unpacked folder lacks no area, and knows the environment's name (step 105)."""
    machine.put(lab)
    machine.docker()
    machine.collect()
    for name, content in machine.archive().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = submission.read(tmp_path / NAME)
    assert found.missing == []
    assert (found.context, found.dockerfiles) == (tmp_path / NAME / "flask", ("Dockerfile",))
    assert (found.app, found.keeper) == (None, tmp_path / NAME / "flask" / "app.py")
    assert (found.content, found.netplan) == (tmp_path / NAME / "content", tmp_path / NAME / "netplan")
    assert (found.misnamed, found.environments) == ((), ("venv",))


def test_it_reads_and_writes_one_file(machine: Machine, lab: dict[str, bytes]) -> None:
    """Nothing but the archive is written, readable by the student alone; docker is asked, never told; no network."""
    machine.put(lab)
    machine.docker()
    before = machine.written()
    said = machine.collect(cwd=FLASK)
    assert said.code == 0, said.output
    assert machine.written() - before == {ARCHIVE}
    assert machine.sh(f"stat -c '%a %U' '{ARCHIVE}'") == "600 student\n"
    verbs = {line.split(" -")[0] for line in machine.sh(f"cat {ASKED}").splitlines()}
    assert verbs == {"image ls", "history", "save", "version", "volume ls"}
    for sentence in ("Nothing was sent anywhere.", "make check", f"{ARCHIVE}, 0.1 MB"):
        assert sentence in said.output


@pytest.mark.parametrize("folder", [FLASK, HOME, f"{HOME}/tutorial", "/tmp"])  # noqa: S108 - in the container
def test_it_finds_the_folder_from_wherever_it_is_typed(machine: Machine, lab: dict[str, bytes], folder: str) -> None:
    """~/tutorial/flask (steps 102, 103), typed in it, above it or beside it."""
    machine.put(lab)
    assert machine.collect("-n", cwd=folder).code == 0
    assert {f"{NAME}/flask/{name}" for name in FILES} <= machine.archive().keys()


@pytest.mark.parametrize("folder", ["tutorial/flask", "tutorial", "."])
def test_a_folder_that_is_named_counts(machine: Machine, lab: dict[str, bytes], folder: str) -> None:
    """Work elsewhere than in the home (102) is found by the folder, or one above it; the home's is not mixed in."""
    machine.put(lab)
    machine.put({"/srv/tutorial/flask/Dockerfile": b"FROM alpine\n"})
    assert (
        "found    flask/Dockerfile       step 113   /srv/tutorial/flask\n"
        in machine.collect("-n", folder, cwd="/srv").output
    )
    taken = {name: content for name, content in machine.archive().items() if "/flask/" in name}
    assert taken == {f"{NAME}/flask/Dockerfile": b"FROM alpine\n"}


@pytest.mark.parametrize(
    ("environment", "found", "missing"),
    [
        ({}, "found    flask/Dockerfile       step 113", "MISSING  image.tar              step 137"),
        ({"LANG": "ru_RU.UTF-8"}, "есть  flask/Dockerfile       шаг 113", "нет   image.tar              шаг 137"),
        ({"LC_ALL": "ru_RU.UTF-8", "LANG": "C"}, "есть  flask/Dockerfile", "нет   content/index.html     шаг 80"),
        ({"LANGUAGE": "ru:en", "LC_ALL": "C"}, "есть  flask/Dockerfile", "нет   netplan                шаг 2 *"),
        ({"LANGUAGE": "en", "LANG": "ru_RU.UTF-8"}, "found    flask/Dockerfile", "MISSING  flask/app.py"),
    ],
)
def test_what_is_missing_is_said_with_its_step(
    machine: Machine, environment: dict[str, str], found: str, missing: str
) -> None:
    """A Dockerfile alone is archived; the rest is named, in the reader's language, within 80 columns."""
    machine.put({f"{FLASK}/Dockerfile": b"FROM python:3.10.6\n"})
    said = machine.collect("-o", "мой архив.tar.gz", **environment)
    assert said.code == 0
    assert found in said.output
    assert missing in said.output
    assert max(map(len, said.output.splitlines())) <= 80
    assert machine.archive(f"{HOME}/мой архив.tar.gz").keys() == {
        "мой архив/flask/Dockerfile",
        "мой архив/collected.txt",
    }


def test_misnamed_files_keep_their_names(machine: Machine) -> None:
    """`DockerFile`, `Dockerfile.txt` (113), `.dockerignore.txt` (123): taken as they are called, and pointed out."""
    names = ("DockerFile", "Dockerfile.txt", ".dockerignore.txt", "requirements", "Dockerfile.slim")
    machine.put({f"{FLASK}/{name}": name.encode() for name in names})
    said = machine.collect("-n")
    files = machine.archive()
    assert {name: files[f"{NAME}/flask/{name}"] for name in names} == {name: name.encode() for name in names}
    assert [name for name in names if f"not its name in the lab: {name}\n" in said.output] == list(names[:4])
    assert "MISSING  flask/Dockerfile " in said.output


def test_odd_names_links_and_big_files(machine: Machine) -> None:
    """Blanks, Cyrillic, dashes are names like others; targets of links and files over 1 MB are left out, and said."""
    folder = f"{HOME}/-лаба 3"
    odd = ("content/-rf", "content/две папки/моя страница.html", "content/it`s $HOME", "app.py")
    machine.put({f"{folder}/{name}": name.encode() for name in (*odd, "content/.git/config")})
    machine.put({f"{folder}/content/big.png": bytes(1_000_001), f"{folder}/content/small.png": bytes(1_000_000)})
    machine.sh(f"cd -- '{folder}' && ln -s /etc/passwd Dockerfile && ln -s /etc content/etc && ln -s /etc venv")
    machine.sh("touch /etc/pyvenv.cfg")
    said = machine.collect("-n", "-o", "-o.tar.gz", "--", "-лаба 3")
    assert said.code == 0, said.output
    assert machine.archive(f"{HOME}/-o.tar.gz").keys() - {"-o/collected.txt"} == {
        "-o/flask/app.py",
        "-o/content/small.png",
        *(f"-o/{name}" for name in odd[:3]),
    }
    for left in ("symbolic link: %s/Dockerfile", "symbolic link: %s/content/etc", "over 1 MB: %s/content/big.png"):
        assert left % folder in said.output


def test_passwords_in_netplan_files_are_masked(machine: Machine) -> None:
    """However they are written, passwords and keys of /etc/netplan stay on the machine; the DNS section does not."""
    text = """network:
  ethernets: {enp0s3: {dhcp4: true, nameservers: {addresses: [8.8.8.8]}}}
  wifis:
    wlp1s0:
      access-points:
        "дом": {password: "s3cret, }1", mode: ap}
        "Monkey": {auth: {key-management: eap, identity: me, client-key-password: 's3cret:2'}}
        work:
          "password" : s3cret3
          mode: infrastructure
        a:
          password: >-
            s3cret4
            s3cret5

            s3cret6
        b:
          password:
            "s3cret7"
        c: {
          password:
          "s3cret8"
        }
  tunnels: {wg0: {keys: {private: s3cret9}}}
  # password: s3cret
  version: 2
"""
    path = "/etc/netplan/50-cloud-init.yaml"
    machine.put({path: text.encode()})
    said = machine.collect("-n", **RUSSIAN)
    kept = machine.archive()[f"{NAME}/netplan/50-cloud-init.yaml"].decode()
    assert "s3cret" not in kept
    assert "nameservers: {addresses: [8.8.8.8]}}}" in kept
    for line in (
        '        "дом": {password: "********"}',
        '        "Monkey": {auth: {key-management: eap, identity: me, client-key-password: "********"}}',
        '          "password" : "********"\n          mode: infrastructure\n        a:',
        "  version: 2",
    ):
        assert f"\n{line}\n" in kept
    assert f"- пароли закрыты: {path}" in said.output
    assert machine.sh(f"cat {path}") == text


def test_interfaces_without_a_name_server_are_not_taken(machine: Machine) -> None:
    """Steps 1 and 2 may be skipped: then there is no netplan file to grade."""
    machine.put({"/etc/netplan/00-installer-config.yaml": b"network: {ethernets: {enp0s3: {dhcp4: true}}}\n"})
    machine.put({f"{FLASK}/app.py": b""})
    assert "MISSING  netplan" in machine.collect("-n").output
    assert not [name for name in machine.archive() if "netplan" in name]


@pytest.mark.parametrize(
    ("names", "image"),
    [
        ("maria/var_keeper:latest var_keeper:1.0", "var_keeper:1.0"),
        ("flask:latest my_var_keeper:latest maria/var_keeper:v2", "maria/var_keeper:v2"),
    ],
)
def test_the_keeper_under_another_name(machine: Machine, names: str, image: str) -> None:
    """Where there is no var_keeper:latest (137), another tag of it, or USER/var_keeper (147)."""
    machine.docker(f"case $* in *Repo*) printf '%s\\n' {names}; exit; esac")
    assert image in machine.collect().output
    assert f"save -- {image}\n" in machine.sh(f"cat {ASKED}")


def test_files_only(machine: Machine, lab: dict[str, bytes]) -> None:
    """With -n Docker is not asked anything."""
    machine.put(lab)
    machine.docker()
    assert "no image, as you asked (-n)" in machine.collect("-n").output
    assert machine.sh(f"cat {ASKED}") == ""
    assert not [name for name in machine.archive() if "image" in name]
