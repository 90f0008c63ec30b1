"""Steps 84-88 and 94-96: volumes, what they take over and when, and the other ways to mount."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window

pytestmark = pytest.mark.slow
IMAGES = ["nginx"]
SITE = "/usr/share/nginx/html"
DATA = "/var/lib/docker/volumes/data/_data"
FILES = ["50x.html", "index.html"]
STAT = "stat -c '%U %G %a'"
ROOTS = "root root 755"
OTHERS = "www-data games 700"
RUN = "docker run --rm -v"


@pytest.fixture(scope="module", autouse=True)
def _web(lab: Lab) -> Iterator[None]:
    """What the steps before have left: the container `web`."""
    window = lab.window(1)
    window.type("docker run --rm --name=web -d -p 80:80 -v ~/content:/usr/share/nginx/html nginx")
    yield
    lab.begin()


@pytest.mark.step(84)
def test_a_mounted_folder_is_a_way_to_the_machine(window: Window) -> None:
    """Why not always a folder: root in a container is root of the machine in whatever folder is mounted."""
    assert "Permission denied" in window.type("touch /etc/owned", code=1).text
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
    assert {row[1] for row in window.type("docker volume ls").rows} == {"data", name}
    window.type(f"docker volume rm {name}")


@pytest.mark.step(87)
def test_inspect(lab: Lab, window: Window) -> None:
    """`docker volume inspect` shows JSON; the Mountpoint is a folder on the machine's disk."""
    (volume,) = json.loads(window.type("docker volume inspect data").text)
    assert (volume["Name"], volume["Driver"], volume["Mountpoint"]) == ("data", "local", DATA)
    assert lab.as_root(f"ls -A {DATA}") == ""


@pytest.mark.step(88)
def test_an_empty_volume_takes_the_files_over(lab: Lab, window: Window) -> None:
    """Case 1, an empty volume on a folder with files: it gets them, also where it is mounted `ro`."""
    window.type("docker stop web")
    lab.await_containers(0, stopped_too=True)
    window.type("docker run --rm --name=web -d -p 80:80 -v data:/usr/share/nginx/html:ro nginx")
    assert lab.as_root(f"ls {DATA}").split() == FILES
    lab.await_page()
    assert "Welcome to nginx!" in window.type("curl 127.0.0.1").text


@pytest.mark.step(88)
def test_an_empty_volume_takes_the_mode_over(window: Window) -> None:
    """Case 1: it gets the folder's owner and mode too, here those of root's home, and keeps them elsewhere."""
    theirs = window.type(f"docker run --rm nginx {STAT} /root").text
    assert theirs != ROOTS, "a new volume's own"
    assert ".bashrc" in window.type(f"{RUN} homely:/root nginx ls -A /root").text.split()
    assert window.type(f"{RUN} homely:/mnt nginx {STAT} /mnt").text == theirs


@pytest.mark.step(88)
def test_read_only(lab: Lab, window: Window) -> None:
    """Mounted with `ro` it cannot be written to from this container; from another one it can, and both see it."""
    for command in (f"touch {SITE}/new", f"rm {SITE}/index.html", f"chmod 777 {SITE}"):
        assert "Read-only file system" in window.type(f"docker exec web {command}", code=1).text
    window.type("docker run --rm -v data:/root/site nginx sh -c 'echo another > /root/site/index.html'")
    assert window.type("curl 127.0.0.1").text == "another"
    window.type("docker stop web")
    lab.await_containers(0, stopped_too=True)


@pytest.mark.step(88)
def test_a_full_volume_hides_the_folder(window: Window) -> None:
    """Case 2, a volume with files on a folder with files: its files, owner and mode are what the container sees."""
    window.type(f"{RUN} full:/new nginx sh -c 'echo mine > /new/mine && chmod 700 /new && chown www-data:games /new'")
    assert window.type(f"{RUN} full:{SITE} nginx ls {SITE}").text == "mine"
    assert window.type(f"{RUN} full:{SITE} nginx {STAT} {SITE}").text == OTHERS


@pytest.mark.step(88)
def test_an_empty_volume_on_a_new_folder(window: Window) -> None:
    """Case 3, an empty volume on a new folder: its path is made, root's; the volume stays as it is."""
    shown = window.type(f"{RUN} empty:/dir/in/container nginx {STAT} /dir /dir/in /dir/in/container").text
    assert shown.splitlines() == [ROOTS] * 3
    assert window.type(f"{RUN} empty:/dir/in/container nginx ls -A /dir/in/container").text == ""


@pytest.mark.step(88)
def test_an_empty_volume_on_an_empty_folder(lab: Lab, window: Window) -> None:
    """Case 3, but on an empty folder that is there the volume does change: it gets the folder's owner and mode."""
    theirs = window.type(f"docker run --rm nginx {STAT} /var/mail").text
    assert theirs != ROOTS, "a new volume's own"
    assert lab.as_root(f"{STAT} /var/lib/docker/volumes/empty/_data").strip() == ROOTS
    assert window.type(f"{RUN} empty:/var/mail nginx ls -A /var/mail").text == ""
    assert window.type(f"{RUN} empty:/dir/in/container nginx {STAT} /dir/in/container").text == theirs


@pytest.mark.step(88)
def test_a_full_volume_on_a_new_folder(window: Window) -> None:
    """Case 4, a volume with files on a new folder: its files, owner and mode; the path to it is made, root's."""
    shown = window.type(f"{RUN} full:/dir/in/container nginx {STAT} /dir /dir/in /dir/in/container").text
    assert shown.splitlines() == [ROOTS, ROOTS, OTHERS]
    assert window.type(f"{RUN} full:/dir/in/container nginx ls /dir/in/container").text == "mine"


@pytest.mark.step(88)
def test_a_volume_is_made_when_it_is_named(window: Window) -> None:
    """Case 5, a volume that does not exist: it is made, and stays when the container goes."""
    window.type("docker run --rm -v brand_new:/data nginx true")
    assert "brand_new" in [row[1] for row in window.type("docker volume ls").rows]


@pytest.mark.step(88)
def test_anonymous(lab: Lab, window: Window) -> None:
    """Case 6, no name: it gets a random one, and goes with the container where that has `--rm`, else it stays."""
    window.type("docker run -d --rm --name=goes -v /dir/in/container nginx")
    window.type("docker run -d --name=stays -v /dir/in/container nginx")
    gone, left = (lab.client.containers.get(name).attrs["Mounts"][0]["Name"] for name in ("goes", "stays"))
    assert re.fullmatch(r"[0-9a-f]{64}", gone)
    window.type("docker stop goes stays")  # after `docker rm -f` in place of it the volume may stay
    window.type("docker rm stays")
    lab.await_containers(0, stopped_too=True)
    named = {"data", "homely", "full", "empty", "brand_new"}
    assert {row[1] for row in window.type("docker volume ls").rows} == named | {left}, f"{gone} has gone"


@pytest.mark.step(88)
def test_an_emptied_volume_is_as_a_new_one(window: Window) -> None:
    """The note: an emptied volume takes files, owner and mode over as a new one; on a new folder it keeps its own."""
    window.type(f"{RUN} full:/new nginx rm /new/mine")
    assert window.type(f"{RUN} full:/new nginx ls -A /new").text == ""
    assert window.type(f"{RUN} full:/another nginx {STAT} /another").text == OTHERS, "it remembers them"
    theirs = window.type(f"docker run --rm nginx {STAT} {SITE}").text
    assert window.type(f"{RUN} full:{SITE} nginx {STAT} {SITE}").text == theirs != OTHERS
    assert window.type(f"{RUN} full:{SITE} nginx ls {SITE}").text.split() == FILES


@pytest.mark.step(88)
def test_an_emptied_folder_keeps_its_owner(window: Window) -> None:
    """The note: a local folder that was emptied keeps owner and mode, and stays empty."""
    window.type("mkdir -m 700 ~/kept && touch ~/kept/file && rm ~/kept/file")
    local = window.type("stat -c '%u %a' ~/kept").text
    assert window.type(f"{RUN} ~/kept:{SITE} nginx stat -c '%u %a' {SITE}").text == local
    assert window.type(f"{RUN} ~/kept:{SITE} nginx ls -A {SITE}").text == ""
    assert window.type(f"{STAT} ~/kept && ls -A ~/kept").text == "user user 700"


@pytest.mark.step(94)
def test_rm(lab: Lab, window: Window) -> None:
    """`docker volume rm data` removes it, and its folder on the disk."""
    assert window.type("docker volume rm data").text == "data"
    assert "data" not in [row[1] for row in window.type("docker volume ls").rows]
    assert lab.as_root(f"test -e {DATA} || echo gone") == "gone\n"


@pytest.mark.step(94)
def test_rm_prune_is_a_slip(lab: Lab, window: Window) -> None:
    """`docker volume rm prune` means a volume called prune; `docker volume prune` is right, `-a` for named ones."""
    assert "get prune: no such volume" in window.type("docker volume rm prune", code=1).text
    window.type("docker run -d --name=user -v full:/data -v /dir/in/container nginx")
    used = {name for _type, name, *_rest in _mounts(lab, "user")}
    unused = window.type("docker volume create").text
    window.start("docker volume prune", r"remove anonymous local volumes[^?]*\? \[y/N\]")
    window.answer("y")
    assert unused in window.end().text
    assert {row[1] for row in window.type("docker volume ls").rows} == {"homely", "empty", "brand_new"} | used
    window.type("docker volume prune -a -f")
    assert {row[1] for row in window.type("docker volume ls").rows} == used
    window.type("docker rm -f -v user")


@pytest.mark.step(95)
def test_mount_option(lab: Lab, window: Window) -> None:
    """`--mount` does what `-v` does, for folders and volumes, but a folder that is missing is an error."""
    window.type("mkdir ~/mine && echo mine > ~/mine/file")
    window.type("docker run -d --name=first -v ~/mine:/mnt -v data:/usr/share/nginx/html nginx")
    first = _mounts(lab, "first")
    window.type("docker rm -f first && docker volume rm data")
    window.type(
        "docker run -d --name=second --mount type=bind,source=/home/user/mine,target=/mnt"
        " --mount type=volume,source=data,target=/usr/share/nginx/html nginx"
    )
    assert _mounts(lab, "second") == first
    assert len(first) == 2
    assert window.type("docker exec second cat /mnt/file").text == "mine"
    assert lab.as_root(f"ls {DATA}").split() == FILES
    missing = window.type("docker run --rm --mount type=bind,source=/home/user/no,target=/mnt nginx true", code=125)
    assert "bind source path does not exist: /home/user/no" in missing.text
    assert window.type("ls ~").text.split() == ["content", "kept", "mine"]


@pytest.mark.step(95)
def test_mount_option_takes_no_tilde(window: Window) -> None:
    """What `-v` has as `~/…` has to be written out for `--mount`: there the shell leaves the tilde as it is."""
    tilde = window.type("docker run --rm --mount type=bind,source=~/mine,target=/mnt nginx true", code=125).text
    assert "'~/mine' mount path must be absolute" in tilde
    assert window.type("docker run --rm --mount type=bind,source=$HOME/mine,target=/mnt nginx ls /mnt").text == "file"


@pytest.mark.step(96)
def test_tmpfs(lab: Lab, window: Window) -> None:
    """A tmpfs is as a volume, but in memory: what is written to it is gone once the container has stopped."""
    window.type("docker run -d --name=memory --tmpfs /scratch nginx")
    assert window.type("docker exec memory stat -f -c %T /scratch").text == "tmpfs"
    window.type("docker exec memory touch /scratch/file /root/file")
    assert window.type("docker exec memory ls -A /scratch").text == "file"
    assert _mounts(lab, "memory") == set()
    window.type("docker restart memory")
    assert window.type("docker exec memory ls -A /scratch").text == ""
    assert "file" in window.type("docker exec memory ls /root").text, "the container's own layer is on the disk"


def _mounts(lab: Lab, name: str) -> set[tuple[str, str, str, str, bool]]:
    mounts = lab.client.containers.get(name).attrs["Mounts"]
    fields = ("Type", "Name", "Source", "Destination", "RW")
    return {tuple(mount.get(field, "") for field in fields) for mount in mounts}
