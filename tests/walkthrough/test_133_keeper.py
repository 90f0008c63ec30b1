"""Steps 133-148: var_keeper made of a container, with its database, and pushed to Docker Hub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.support.expected_conditions import url_matches
from selenium.webdriver.support.wait import WebDriverWait

from labcheck.engine.containers import wait_until
from labcheck.walkthrough import hub
from tests.mutants.mutant import STUDENT_KEEPER, student
from tests.mutants.test_letter import LAB, listings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.walkthrough.lab import Lab
    from labcheck.walkthrough.window import Window
    from tests.walkthrough.browser import LabBrowser

pytestmark = pytest.mark.slow
IMAGES = ["python:3.10.6-alpine", "mysql"]
SECONDS = 180
LINES = ["Connection to db:", "Create db:", "Change db:", "Create table:"]  # each ends in ОК  # noqa: RUF003


@pytest.fixture(scope="module", autouse=True)
def _flask(lab: Lab) -> Iterator[None]:
    """The image flask:latest as step 132 leaves it, and its folder."""
    home = lab.machine.home / "walkthrough"
    lab.as_root("rm -rf /machine/walkthrough")
    home.mkdir()
    student(home)
    lab.as_root(
        "mkdir -p /home/user/tutorial && cp -r /machine/walkthrough /home/user/tutorial/flask"
        " && chown -R user:user /home/user/tutorial && docker build -q -t flask /home/user/tutorial/flask"
    )
    lab.window(1).type("cd ~/tutorial/flask")
    yield
    lab.begin()
    lab.forget_images()


@pytest.mark.step(133)
def test_a_container_to_change(window: Window) -> None:
    """A container of the image runs in the background as flask_base."""
    window.type("docker run -d --name=flask_base flask")
    assert window.type("docker ps").rows[0][-1] == "flask_base"


@pytest.mark.step(134)
def test_the_connector_is_installed(window: Window) -> None:
    """`docker exec … pip install` puts the module for MySQL into this container, not into its image."""
    text = window.type("docker exec flask_base pip install mysql-connector-python", seconds=SECONDS).text
    assert "Successfully installed mysql-connector-python" in text
    window.type("docker exec flask_base python -c 'import mysql.connector'")
    window.type("docker run --rm flask -c 'import mysql.connector'", code=1)


@pytest.mark.step(135)
def test_another_app(lab: Lab, window: Window) -> None:
    """The local app.py becomes var_keeper (here our own, to the same contract)."""
    (lab.machine.home / "walkthrough" / "keeper.py").write_bytes(STUDENT_KEEPER.read_bytes())
    lab.as_root("cp /machine/walkthrough/keeper.py /home/user/tutorial/flask/app.py")
    assert "/var/" in window.type("grep route app.py").text


@pytest.mark.step(136)
def test_it_is_copied(window: Window) -> None:
    """`docker cp` copies it into the stopped container."""
    window.type("docker stop -t 1 flask_base")
    window.type("docker cp app.py flask_base:/app/app.py")
    window.type("docker cp flask_base:/app/app.py /tmp/back.py")
    window.type("cmp app.py /tmp/back.py")


@pytest.mark.step(137)
def test_commit(lab: Lab, window: Window) -> None:
    """`docker commit` makes an image of the container, changes and all; entrypoint and command are the old ones."""
    assert window.type("docker commit flask_base var_keeper:latest").text.startswith("sha256:")
    made, old = (lab.client.images.get(name).attrs for name in ("var_keeper", "flask"))
    assert (made["Config"]["Entrypoint"], made["Config"]["Cmd"]) == (["python"], ["app.py"])
    assert made["RootFS"]["Layers"][:-1] == old["RootFS"]["Layers"]
    window.type("docker run --rm var_keeper -c 'import mysql.connector'")


@pytest.mark.step(137)
def test_start_instead(lab: Lab, window: Window) -> None:
    """Or the changed container is simply started: it runs the new app, which finds no database yet."""
    window.type("docker start flask_base")
    changed = lab.client.containers.get("flask_base")
    wait_until(changed, lambda: b"Failure" in changed.logs(), "it looks for its database", 30)
    assert "Failure" in window.type("docker logs flask_base").text
    window.type("docker stop -t 1 flask_base")


@pytest.mark.step(138)
def test_it_is_listed(window: Window) -> None:
    """The new image is in the list."""
    assert ["var_keeper", "latest"] in [row[:2] for row in window.type("docker image ls").rows]


@pytest.mark.step(139, 140)
def test_the_database(lab: Lab, window: Window) -> None:
    """On a network `net` a MySQL runs as `db`, its data on a new volume `vars`, root's password from the variable."""
    window.type("docker network create net")
    window.type(
        "docker run -d --name=db --network=net -v vars:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=123 mysql",
        seconds=SECONDS,
    )
    assert "vars" in [row[1] for row in window.type("docker volume ls").rows]
    assert lab.client.containers.get("db").status == "running"


@pytest.mark.step(141)
def test_too_early(lab: Lab, window: Window) -> None:
    """Started before the database is ready, the lab's keeper says Failure, and goes on without: it has to wait."""
    window.type("docker run -d --name=keeper --network=net -p 80:5000 var_keeper")
    keeper = lab.client.containers.get("keeper")
    wait_until(keeper, lambda: b"Running on" in keeper.logs(), "it serves", 30)
    assert "Failure" in window.type("docker logs keeper").text
    ping = "docker exec db mysqladmin ping --silent --host=127.0.0.1 --user=root --password=123 && echo yes || echo no"
    wait_until(lab.machine.container, lambda: lab.as_root(ping).endswith("yes\n"), "the database is ready", 120)
    assert "Failure" in window.type("docker logs keeper").text
    window.type("docker rm -f keeper")


@pytest.mark.step(141)
def test_the_keeper(lab: Lab, window: Window) -> None:
    """With the database ready, `docker logs keeper` begins with the four lines."""
    shown = window.type("docker run -d --name=keeper --network=net -p 80:5000 var_keeper").text
    assert re.fullmatch(r"[0-9a-f]{64}", shown), "only its id is shown: what it prints is in its log"
    keeper = lab.client.containers.get("keeper")
    wait_until(keeper, lambda: LINES[-1].encode() in keeper.logs(), "it has its table", 30)
    told = _told(window.type("docker logs keeper").text)
    assert [line[:-2] for line in told] == LINES
    assert {line[-2:] for line in told} <= {"OK", "ОК"}  # noqa: RUF001 - Latin, or Cyrillic as the lab has it


@pytest.mark.step(142)
def test_post(lab: Lab, window: Window) -> None:
    """A POST of the form field `value` to /var/a stores it and is answered OK."""
    command = "curl -fs 127.0.0.1/var/a -d value=0 -o /dev/null && echo yes || echo no"
    wait_until(lab.machine.container, lambda: lab.as_root(command).strip() == "yes", "it answers", 30)
    assert window.type("curl -d value=stored 127.0.0.1/var/a").text.startswith("OK")


@pytest.mark.step(142)
def test_the_value_is_in_the_database(window: Window) -> None:
    """The value is a row of the database, which the password of step 140 opens, and no other."""
    sql = "SELECT name, value FROM vars.vars"
    typed = window.type(f"docker exec db mysql --user=root --password=123 -N -e '{sql}'")
    assert ["a", "stored"] in [line.replace("|", " ").split() for line in typed.text.splitlines()]  # and a warning
    assert "Access denied" in window.type(f"docker exec db mysql --user=root --password=124 -N -e '{sql}'", code=1).text


@pytest.mark.step(142)
def test_form_in_the_address_bar(lab: Lab, browser: LabBrowser) -> None:
    """A form typed into the address bar as `data:text/html,…` does the same, from the main system's browser."""
    form = f"data:text/html,<form action=http://{lab.address}:80/var/a method=post><input name=value></form>"
    browser.open(form)
    field = browser.driver.find_element("name", "value")
    field.send_keys("by form")
    field.submit()
    WebDriverWait(browser.driver, SECONDS).until(url_matches("^http:"))  # it is still the form's page for a moment
    assert browser.shown("the value typed, and Enter") == "OK"


@pytest.mark.step(143)
def test_get(lab: Lab, window: Window, browser: LabBrowser) -> None:
    """A GET of the same address shows the value that was stored, here and in the browser."""
    assert browser.open(f"http://{lab.address}/var/a") == "by form"
    assert window.type("curl 127.0.0.1/var/a").text.startswith("by form")


@pytest.mark.step(143)
def test_the_listing_of_the_lab(lab: Lab, window: Window) -> None:
    """The listing of step 135, read from the text where that lies beside the checkout, does the same to this day."""
    if not LAB.exists():
        pytest.skip("the lab's text is not beside this checkout: that its own listing of step 135 runs was not checked")
    (lab.machine.home / "walkthrough" / "listing.py").write_text(listings(135, "python")[0], encoding="utf-8")
    window.type("docker rm -f keeper")  # with it goes its open transaction: DROP would wait for its end
    lab.as_root("timeout 60 docker exec db mysql --user=root --password=123 -e 'DROP DATABASE vars'")
    lab.as_root("docker cp /machine/walkthrough/listing.py flask_base:/app/app.py && docker commit flask_base listing")
    window.type("docker run -d --name=keeper --network=net -p 80:5000 listing")
    keeper = lab.client.containers.get("keeper")
    wait_until(keeper, lambda: b"Debugger PIN" in keeper.logs(), "it serves", 60)
    told = _told(window.type("docker logs keeper").text)
    assert [line.removesuffix("ОК") for line in told] == LINES  # noqa: RUF001 - Cyrillic, as the lab has it
    assert window.type("curl -d value=stored 127.0.0.1/var/a").text.startswith("OK")
    assert window.type("curl 127.0.0.1/var/a").text.startswith("stored")


@pytest.mark.step(146)
def test_login(lab: Lab, window: Window) -> None:
    """`docker login` asks for name and password; a wrong one is refused, the right one accepted."""
    for password, end, code in (("wrong", "401 Unauthorized", 1), (hub.PASSWORD, "Login Succeeded", 0)):
        window.start("docker login", "Username:")
        window.answer(hub.USER)
        window.see("Password:")
        lab.await_no_echo("docker login")
        window.answer(password)
        typed = window.end()
        assert end in typed.text
        assert typed.code == code
        assert password not in typed.text


@pytest.mark.step(147)
def test_tag(lab: Lab, window: Window) -> None:
    """The image gets a second name that begins with the user's; it is the same image, `latest` may be left off."""
    window.type("docker tag var_keeper:latest vladimirchabanov/var_keeper:latest")
    window.type("docker tag var_keeper vladimirchabanov/without_latest")
    names = ("var_keeper", "vladimirchabanov/var_keeper:latest", "vladimirchabanov/without_latest:latest")
    assert len({lab.client.images.get(name).id for name in names}) == 1
    window.type("docker rmi vladimirchabanov/without_latest")


@pytest.mark.step(145, 148)
def test_push(window: Window) -> None:
    """`docker push` sends it to Docker Hub, whose repository needs no button: the first push makes it."""
    text = window.type("docker push vladimirchabanov/var_keeper", seconds=SECONDS).text
    assert "latest: digest: sha256:" in text


@pytest.mark.step(148)
def test_pull_by_its_name(lab: Lab, window: Window) -> None:
    """From then on it is had by that name: removed here, `docker run` pulls it again, the same image."""
    before = lab.client.images.get("var_keeper").id
    window.type("docker rm -f keeper flask_base")
    window.type("docker rmi vladimirchabanov/var_keeper var_keeper")
    window.start("docker run --rm --network=net vladimirchabanov/var_keeper", "Create table:", seconds=SECONDS)
    window.press("ctrl+c")
    assert "Downloaded newer image for vladimirchabanov/var_keeper:latest" in window.end().text
    assert lab.client.images.get("vladimirchabanov/var_keeper").id == before


@pytest.mark.step(148)
def test_no_push_without_login(window: Window) -> None:
    """Without a login nothing can be pushed."""
    window.type("docker logout")
    window.type("docker tag vladimirchabanov/var_keeper somebody/var_keeper")
    assert "no basic auth credentials" in window.type("docker push somebody/var_keeper", code=1).text


@pytest.mark.step(148)
def test_from_its_name(lab: Lab, window: Window) -> None:
    """A Dockerfile may begin with that name too; it is pulled anywhere, without a login."""
    layers = lab.client.images.get("vladimirchabanov/var_keeper").attrs["RootFS"]["Layers"]
    window.type("docker rmi vladimirchabanov/var_keeper somebody/var_keeper")
    window.type("echo FROM vladimirchabanov/var_keeper | docker build -t next -", seconds=SECONDS)
    assert lab.client.images.get("next").attrs["RootFS"]["Layers"] == layers


def _told(log: str) -> list[str]:
    """Return the first four lines of the keeper's own: Flask's, by another stream, may come between."""
    return [line for line in log.splitlines() if line.startswith(tuple(LINES))][:4]
