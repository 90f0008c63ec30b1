"""Steps 84-88 and 94-96: volumes, what they take over and when, and the other ways to mount."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from labcheck.containers import wait_until

if TYPE_CHECKING:
    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
SITE = "/usr/share/nginx/html"
FILES = ["50x.html", "index.html"]
STAT = "stat -c '%U %G %a'"
RUN = "docker run --rm -v"


@pytest.mark.step(84)
def test_a_mounted_folder_is_a_way_to_the_machine(window: Window) -> None:
    """Why not always a folder: root in a container is root of the machine in whatever folder is mounted."""
    window.type("docker run --rm -v /etc:/mnt nginx sh -c 'echo owned > /mnt/owned'")
    assert window.type("stat -c '%U' /etc/owned && cat /etc/owned").text == "root\nowned"
    window.type("docker run --rm -v /etc:/mnt nginx rm /mnt/owned")


@pytest.mark.step(85)
def test_no_volume_at_first(window: Window) -> None:
    """The list of volumes is empty."""
    assert window.type("docker volume ls").rows == []


@pytest.mark.step(86)
def test_create(window: Window) -> None:
    """`docker volume create data` makes one of that name; without a name it gets a random one."""
    assert window.type("docker volume create data").text == "data"
    name = window.type("docker volume create").text
    assert re.fullmatch(r"[0-9a-f]{64}", name)
    window.type(f"docker volume rm {name}")


@pytest.mark.step(87)
def test_inspect(lab: Lab, window: Window) -> None:
    """`docker volume inspect` shows JSON; the Mountpoint is a folder on the machine's disk."""
    (volume,) = json.loads(window.type("docker volume inspect data").text)
    assert volume["Mountpoint"] == "/var/lib/docker/volumes/data/_data"
    assert lab.as_root(f"ls -A {volume['Mountpoint']}") == ""


@pytest.mark.step(88)
def test_an_empty_volume_takes_the_files_over(lab: Lab, window: Window) -> None:
    """An empty volume on a folder with files gets them, and the folder's owner and mode; also where it is mounted `ro`."""
    window.type("docker run --rm --name=web -d -p 80:80 -v data:/usr/share/nginx/html:ro nginx")
    assert lab.as_root("ls /var/lib/docker/volumes/data/_data").split() == FILES
    theirs = window.type(f"docker run --rm nginx {STAT} {SITE}").text
    assert lab.as_root(f"{STAT} /var/lib/docker/volumes/data/_data").strip() == theirs
    command = "curl -fs -o /dev/null 127.0.0.1 && echo yes || echo no"
    wait_until(lab.machine.container, lambda: lab.as_root(command).strip() == "yes", "the page is there", 20)
    assert "Welcome to nginx!" in window.type("curl 127.0.0.1").text


@pytest.mark.step(88)
def test_read_only(window: Window) -> None:
    """Mounted with `ro` it cannot be written to from this container."""
    command = f"docker exec web sh -c 'echo no > {SITE}/index.html'"
    assert "Read-only file system" in window.type(command, code=2).text
    window.type("docker stop web")


@pytest.mark.step(88)
def test_a_full_volume_stays_as_it_is(window: Window) -> None:
    """A volume with files hides the folder's: its files, owner and mode are what the container sees."""
    window.type(f"{RUN} full:/fill nginx sh -c 'echo mine > /fill/mine && chmod 700 /fill && chown www-data /fill'")
    assert window.type(f"{RUN} full:{SITE} nginx ls {SITE}").text == "mine"
    assert window.type(f"{RUN} full:{SITE} nginx {STAT} {SITE}").text == "www-data root 700"


@pytest.mark.step(88)
def test_an_empty_volume_on_a_new_folder(window: Window) -> None:
    """An empty volume on a folder that does not exist: its path is made, root's; nothing comes into the volume."""
    command = f'{RUN} empty:/dir/in/container nginx sh -c "{STAT} /dir/in /dir/in/container; ls -A /dir/in/container"'
    assert window.type(command).text.splitlines() == ["root root 755"] * 2
    assert window.type(f"{RUN} empty:/again nginx ls -A /again").text == ""


@pytest.mark.step(88)
def test_a_full_volume_on_a_new_folder(window: Window) -> None:
    """A volume with files on a folder that does not exist: its files, owner and mode; the path above is root's."""
    command = f'{RUN} full:/dir/in/container nginx sh -c "{STAT} /dir/in /dir/in/container; ls /dir/in/container"'
    assert window.type(command).text.splitlines() == ["root root 755", "www-data root 700", "mine"]


@pytest.mark.step(88)
def test_a_volume_is_made_when_it_is_named(window: Window) -> None:
    """A volume that does not exist is made."""
    window.type("docker run --rm -v brand_new:/data nginx true")
    assert "brand_new" in [row[1] for row in window.type("docker volume ls").rows]


@pytest.mark.step(88)
def test_anonymous(lab: Lab, window: Window) -> None:
    """Without a name it gets a random one; with `--rm` it goes with the container, a named one does not."""
    window.type("docker run -d --rm --name=anonymous -v /dir/in/container nginx")
    (mount,) = lab.client.containers.get("anonymous").attrs["Mounts"]
    assert re.fullmatch(r"[0-9a-f]{64}", mount["Name"])
    window.type("docker stop anonymous")
    wait_until(
        lab.machine.container,
        lambda: mount["Name"] not in {volume.name for volume in lab.client.volumes.list()},
        "the anonymous volume is gone",
        20,
    )
    assert {"data", "full", "brand_new"} <= {row[1] for row in window.type("docker volume ls").rows}


@pytest.mark.step(88)
def test_an_emptied_volume_is_as_a_new_one(window: Window) -> None:
    """A volume that was emptied forgets owner and mode, and takes over files as a new one does."""
    window.type(f"{RUN} full:/fill nginx rm /fill/mine")
    assert window.type(f"{RUN} full:/fill nginx ls -A /fill").text == ""
    theirs = window.type(f"docker run --rm nginx {STAT} {SITE}").text
    assert window.type(f"{RUN} full:{SITE} nginx ls {SITE}").text.split() == FILES
    assert window.type(f"{RUN} full:{SITE} nginx {STAT} {SITE}").text == theirs


@pytest.mark.step(88)
def test_an_emptied_folder_keeps_its_owner(lab: Lab, window: Window) -> None:
    """A local folder that was emptied keeps owner and mode: there it differs from a volume."""
    window.type("mkdir -m 700 ~/kept && touch ~/kept/file && rm ~/kept/file")
    window.type("docker run --rm -v ~/kept:/usr/share/nginx/html nginx true")
    assert lab.as_root(f"{STAT} /home/user/kept").strip() == "user user 700"


@pytest.mark.step(94)
def test_rm(window: Window) -> None:
    """`docker volume rm data` removes it."""
    assert window.type("docker volume rm data").text == "data"
    assert "data" not in [row[1] for row in window.type("docker volume ls").rows]


@pytest.mark.step(94)
def test_rm_prune_is_a_slip(window: Window) -> None:
    """`docker volume rm prune` looks for a volume called prune; `docker volume prune` is meant, with `-a` for named ones."""
    assert "no such volume" in window.type("docker volume rm prune", code=1).text
    window.type("docker volume create")
    window.type("docker volume prune -f")
    assert {"full", "empty", "brand_new"} == {row[1] for row in window.type("docker volume ls").rows}
    window.type("docker volume prune -a -f")
    assert window.type("docker volume ls").rows == []


@pytest.mark.step(95)
def test_mount_option(lab: Lab, window: Window) -> None:
    """`--mount` does what `-v` does, for folders and volumes, but for one thing: a folder that is missing is an error."""
    window.type("mkdir ~/content && echo mine > ~/content/index.html")
    for name, option in (
        ("v1", "-v /home/user/content:/mnt -v data:/usr/share/nginx/html"),
        (
            "v2",
            "--mount type=bind,source=/home/user/content,target=/mnt"
            " --mount type=volume,source=data,target=/usr/share/nginx/html",
        ),
    ):
        window.type(f"docker run -d --rm --name={name} {option} nginx")
    first, second = (_mounts(lab, name) for name in ("v1", "v2"))
    assert first == second
    window.type("docker rm -f v1 v2")
    missing = "docker run --rm --mount type=bind,source=/home/user/nothing,target=/mnt nginx true"
    assert "bind source path does not exist" in window.type(missing, code=125).text


@pytest.mark.step(96)
def test_tmpfs(window: Window) -> None:
    """A tmpfs lies in memory: it is empty at first, and what is written to it is on no disk."""
    command = 'docker run --rm --tmpfs /scratch nginx sh -c "ls -A /scratch; stat -f -c %T /scratch"'
    assert window.type(command).text == "tmpfs"


def _mounts(lab: Lab, name: str) -> set[tuple[str, str, str, bool]]:
    mounts = lab.client.containers.get(name).attrs["Mounts"]
    return {(mount["Type"], mount["Source"], mount["Destination"], mount["RW"]) for mount in mounts}
