"""The image that a report names is found, however a person wrote it down, and nothing else is taken for it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labcheck.submission.image_names import Named, find, mentions, name_in

KEEPER = "ivanov/var_keeper"
WRITTEN = {
    "docker pull ivanov/lab:v2": "ivanov/lab:v2",
    "$ sudo docker push ivanov/lab": "ivanov/lab",
    "docker image push -q ivanov/lab:v1.0.": "ivanov/lab:v1.0",
    "docker push \\\n   ivanov/lab": "ivanov/lab",
    "docker tag var_keeper:latest ivanov/lab:latest": "ivanov/lab:latest",
    "docker commit flask_base ivanov/lab": "ivanov/lab",
    "docker build -t ivanov/lab .": "ivanov/lab",
    "docker run -d --name=keeper --network=net -p 80:5000 ivanov/lab": "ivanov/lab",
    "docker run -it --rm -v vars:/var/lib/x -e A=b --network net ivanov/lab python app.py": "ivanov/lab",
    "docker run \u2014rm \u2014name keeper -p 80:5000 ivanov/lab": "ivanov/lab",
    "docker push 10.0.0.5:5000/ivanov/lab": "10.0.0.5:5000/ivanov/lab",
    "https://hub.docker.com/r/ivanov/lab": "ivanov/lab",
    "(https://hub.docker.com/r/ivanov/lab/tags?page=1).": "ivanov/lab",
    "https://hub.docker.com/repository/docker/ivanov/lab/general": "ivanov/lab",
    "hub.docker.com/repositories/docker/ivanov/lab": "ivanov/lab",
    "hub.docker.com/ivanov/lab": "ivanov/lab",
    "https://hub.docker.com/layers/ivanov/lab/v1/images/sha256-5b4e425e?context=repo": "ivanov/lab:v1",
    "https://hub.docker.com/repository/docker/ivanov/lab/tags/v1/sha256-5b4e": "ivanov/lab:v1",
    "docker.io/ivanov/lab:v1": "ivanov/lab:v1",
    "The push refers to repository [docker.io/ivanov/lab]": "ivanov/lab",
    "registry.example.ru:5000/ivanov/lab": "registry.example.ru:5000/ivanov/lab",
    "cr.yandex/crp1234/lab:v1": "cr.yandex/crp1234/lab:v1",
    "ivanov/lab": "ivanov/lab",
    "\u00abivanov/lab:v1\u00bb, готово": "ivanov/lab:v1",
    f"ivanov/lab@sha256:{'5b4e425e' * 8}": f"ivanov/lab@sha256:{'5b4e425e' * 8}",
    "Полное название загруженного на DockerHub образа: ivanov/lab.": "ivanov/lab",
    "Имя образа \u2013 \u201civanov/lab\u201d": "ivanov/lab",
    "  image: ivanov/lab": "ivanov/lab",
    "ivanov/lab   v3   d3b120370c04   4 minutes ago   60.5MB": "ivanov/lab:v3",
    "запустим IVANOV/Var_Keeper и проверим": KEEPER,
    "**ivanov/var\\_keeper**": KEEPER,
    "[образ](https://hub.docker.com/r/ivanov/var_keeper)": KEEPER,
    "ivanov\u200b/var_\u00adkeeper\ufeff": KEEPER,
    "Загрузил образ ivanov/lab на DockerHub": "ivanov/lab",
    "docker push ivanov/lab\u2026": "ivanov/lab",
    "ivanov / var_keeper": KEEPER,
    "docker\u00a0push\u00a0ivanov/var_keeper": KEEPER,
    "docker pull user/var_keeper:latest": "user/var_keeper:latest",
}


@pytest.mark.parametrize(("text", "name"), WRITTEN.items(), ids=range(len(WRITTEN)))
def test_every_way_to_write_it_is_understood(text: str, name: str) -> None:
    """As a command, an address on the Hub, with its registry, under a label, or alone; so in a table's cell."""
    assert find(f"1.\n{text}\n2.") == [name]
    assert name_in(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "docker run -d -p 8080:80 nginx",
        "FROM python:3.10.6-alpine",
        "docker pull library/python:3.10.6",
        "docker run -it --name=one --network=sky_net avenga/net-tools",
        "docker run -d beneventsur/xubuntu:vscode-1.44.2",
        "docker push vladimirchabanov/var_keeper",
        "https://hub.docker.com/_/mysql",
        "https://hub.docker.com/layers/library/python/3.10.6-alpine/images/sha256-5b4e425e",
        "https://hub.docker.com/u/ivanov",
        "docker push <имя пользователя DockerHub>/var_keeper",
        "<user>/var_keeper",
        "{user}/var_keeper $USER/var_keeper ${USER}/var_keeper",
        "docker push username/var_keeper",
        "docker push your-dockerhub-username/var_keeper:latest",
        "docker tag var_keeper:latest",
        "/var/a etc/netplan ~/tutorial/flask /usr/share/nginx/html ./var_keeper",
        "cd tutorial/flask",
        "tutorial/flask",
        "var_keeper/Dockerfile var_keeper/app.py",
        "templates/index.html project/var_keeper.py",
        "lab/var_keeper",
        "http://myserver/var_keeper",
        "text/html\napplication/json\nlinux/amd64\nGET/POST\nhttp/1.1",
        "12/05/2026\n1/2\n24/7",
        "https://github.com/ivanov/var_keeper",
        "github.com/ivanov/var_keeper:latest",
        "https://habr.com/ru/company/ruvds/blog/438796/",
        "https://docs.docker.com/engine/install/ubuntu",
        "http://192.168.1.5:80/var/keeper",
        "192.168.1.5:80/var/a",
        "localhost:5000/ivanov/var_keeper",
        "docker push 127.0.0.1:5000/ivanov/var_keeper",
        "имя/var_keeper",
        "",
    ],
)
def test_what_is_no_image_of_a_students_is_left_alone(text: str) -> None:
    """Official images, the lab's own examples and placeholders, paths, sites, dates, the reader's own machine."""
    assert find(text) == []
    assert name_in(text) is None


def test_keeper_comes_first_then_what_was_pushed() -> None:
    """Step 145 calls it var_keeper; a later push is one more try; two spellings of a tag are one image."""
    text = """
    docker run portainer/portainer-ce
    docker push ivanov/lab
    docker push ivanov/var_keeper:v1
    docker push ivanov/var_keeper:v2
    docker pull ivanov/var_keeper:latest
    https://hub.docker.com/r/ivanov/var_keeper
    """
    assert find(text) == [
        "ivanov/var_keeper:v2",
        "ivanov/var_keeper:v1",
        "ivanov/var_keeper",
        "ivanov/lab",
        "portainer/portainer-ce",
    ]


def test_what_is_called_the_image_comes_before_commands() -> None:
    """The last line of a report is the hand-in; `user` is a placeholder where another name is there."""
    text = "docker push user/var_keeper\ndocker push ivanov/one\n" + "Название образа: {}ivanov/two"
    for address in ("", "https://hub.docker.com/r/", chr(10) * 2):
        assert find(text.format(address)) == ["ivanov/two", "ivanov/one", "user/var_keeper"]


def test_the_line_is_told() -> None:
    """A person sees where a name came from."""
    assert mentions("Шаг 148\n  docker push ivanov/lab  \n") == [Named("ivanov/lab", "docker push ivanov/lab")]


part = st.from_regex(r"[a-z0-9]{2,6}(?:(?:_|__|-)[a-z0-9]{1,6})?", fullmatch=True)
user = st.from_regex(r"[a-z]{3}[0-9]{2,8}", fullmatch=True)
tag = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}[A-Za-z0-9]", fullmatch=True)


@given(user, part, tag, st.sampled_from(["docker push {}", "образ: {}", "docker.io/{}", "«{}»", "docker run -d {} sh"]))
def test_name_comes_out_as_it_was_written(user: str, part: str, tag: str, form: str) -> None:
    """Whatever an engine takes for a name comes out unchanged."""
    name = f"{user}/k{part}:{tag}"
    assert find(form.format(name)) == [name]


pieces = st.sampled_from([*"ab1/:.-_@ \n`<>~", "ab/", "docker push ", "hub.docker.com/r/", "образ: "])


@given(st.lists(pieces).map("".join))
@example("docker push hub.docker.com/r/hub.docker.com/r/")
@example("docker push hub.docker.com/r/ab/a")
def test_whatever_comes_out_is_a_name(text: str) -> None:
    """Nothing that an engine, or a command line, could take for something else."""
    for name in find(text):
        assert re.fullmatch(r"[a-z0-9][a-z0-9._:-]*(/[a-z0-9][a-z0-9._-]*)+(:\w[\w.-]*)?(@sha256:[0-9a-f]{64})?", name)
        assert find(f"docker push {name}") == [name]
