"""What the mysql image makes of its environment on a first start: one server, furnished with everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.engine import ownership
from labcheck.engine.containers import inside, last_lines, wait_for_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network

    from tests.conftest import Start

SERVING = r": ready for connections\..*port: 3306"
# what a shell, an option file or SQL would trip over
PASSWORDS = {
    "root": """it's "so" \\n\\ $HOME `date` %d #; -- пароль 密码""",
    "student": """\\'; DROP USER root; --  two  spaces""",
}
DATABASE = "my-lab_db"

# run in the container before its entrypoint, so that neither files of this machine nor bind mounts are needed
FURNISH = r"""
set -e
mkdir -p /run/secrets
printf %s "$USER_SECRET" > /run/secrets/user
printf '[mysqld]\nmax_connections = 77\n' > /etc/mysql/conf.d/lab.cnf

cd /docker-entrypoint-initdb.d
cat > 10.sql <<'SQL'
CREATE TABLE ran (number INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20));
DELIMITER //
CREATE PROCEDURE mark(new_name VARCHAR(20)) BEGIN INSERT INTO ran (name) VALUES (new_name); END//
DELIMITER ;
CALL mark('sql');
SQL
echo "CALL mark('bz2')" | bzip2 > 20.sql.bz2
echo "CALL mark('gz')" | gzip > 30.sql.gz
echo "CALL mark('xz')" | xz > 40.sql.xz
echo "CALL mark('zst')" | zstd > 50.sql.zst
echo "docker_process_sql <<< \"CALL mark('sourced sh')\"" > 60.sh
cat > 70.sh <<'SH'
#!/bin/bash
export MYSQL_PWD=$MYSQL_ROOT_PASSWORD
mysql -uroot "$MYSQL_DATABASE" -e "CALL mark('$(basename "$0") as $(id -un)')"
mysqladmin --host=127.0.0.1 ping || mysql -uroot "$MYSQL_DATABASE" -e "CALL mark('no TCP')"
SH
chmod 755 70.sh
echo 'not for MySQL' > 80.txt
exec docker-entrypoint.sh mysqld
"""


def execute(container: Container, *command: str, password: str = "") -> tuple[int, str]:
    """Return exit status and output of a command in the container; `password` is for MySQL's clients."""
    status, output = inside(container, *command, environment={"MYSQL_PWD": password} if password else {})
    return status, output.strip()


def sql(container: Container, statement: str, *, user: str = "root", password: str = "") -> str:
    """Return what a statement prints in the container's own client: rows as lines, columns divided by tabs."""
    options = [f"--user={user}", "--skip-column-names", "--batch", f"--execute={statement}"]
    status, output = execute(container, "mysql", *options, password=password)
    assert status == 0, output
    return output


@pytest.fixture(scope="module")
def image(base: Callable[[str], str]) -> str:
    """The image that stands for mysql:8.4."""
    return base("mysql:8.4")


@pytest.fixture(scope="module")
def server(engine: DockerClient, image: str) -> Iterator[Container]:
    """A server after a first start with a database, a user, a file for the password, scripts and configuration."""
    environment = {
        "MYSQL_ROOT_PASSWORD": PASSWORDS["root"],
        "MYSQL_DATABASE": DATABASE,
        "MYSQL_USER": "student",
        "MYSQL_PASSWORD_FILE": "/run/secrets/user",
        "USER_SECRET": PASSWORDS["student"],
    }
    command = ["bash", "-c", FURNISH]
    labels = ownership.run_labels()
    container = engine.containers.run(image, command, environment=environment, labels=labels, detach=True)
    try:
        wait_for_log(container, SERVING)
        yield container
    finally:
        container.remove(force=True, v=True)


def test_ready_line_comes_twice(server: Container) -> None:
    """The log has two 'ready' lines after a first start: one of a server without TCP, one of the server that stays."""
    lines = [line for line in server.logs().decode().splitlines() if ": ready for connections" in line]
    assert ["port: 0" in line for line in lines] == [True, False], lines


def test_process_1_is_mysqld_as_user_mysql(server: Container) -> None:
    """The server itself is process 1 and runs as mysql, though the container was started as root."""
    _, output = execute(server, "sh", "-c", "cat /proc/1/comm; stat -c %U /proc/1; id -u mysql")
    assert output.split() == ["mysqld", "mysql", "999"]


@pytest.mark.parametrize(("user", "account"), [("root", "root@localhost"), ("student", "student@%")])
def test_any_character_may_be_in_a_password(server: Container, user: str, account: str) -> None:
    """Quotes, backslashes, blanks, dollars and letters of any script work in passwords, set directly or by a file."""
    assert sql(server, "SELECT CURRENT_USER()", user=user, password=PASSWORDS[user]) == account


@pytest.mark.parametrize("user", PASSWORDS)
def test_password_is_needed(server: Container, user: str) -> None:
    """Without the password nobody comes in."""
    status, output = execute(server, "mysql", f"--user={user}", "--execute=SELECT 1")
    assert status == 1
    assert "ERROR 1045" in output


def test_other_containers_connect_by_name(server: Container, start: Start, network: Network, image: str) -> None:
    """`mysql -h db -u root` works from another container of the network, authenticated by caching_sha2_password."""
    network.connect(server, aliases=["db"])
    try:
        statement = "SELECT plugin FROM mysql.user WHERE CONCAT(user, '@', host) = CURRENT_USER()"
        command = ["mysql", "--host=db", "--user=root", "--skip-column-names", f"--execute={statement}"]
        client = start(image, command, environment={"MYSQL_PWD": PASSWORDS["root"]}, network=network.name)
        status = client.wait(timeout=30)["StatusCode"]
        assert (status, last_lines(client)) == (0, "caching_sha2_password")
    finally:
        network.disconnect(server)


def test_scripts_run_in_order_in_the_database(server: Container) -> None:
    """Files in /docker-entrypoint-initdb.d run in order, in MYSQL_DATABASE, plain or compressed; scripts as mysql."""
    rows = sql(server, "SELECT name FROM `my-lab_db`.ran ORDER BY number", password=PASSWORDS["root"])
    assert rows.splitlines() == ["sql", "bz2", "gz", "xz", "zst", "sourced sh", "70.sh as mysql", "no TCP"]


def test_user_owns_the_database_and_no_other(server: Container) -> None:
    """MYSQL_USER may do anything in MYSQL_DATABASE, and nothing in one whose name only looks like it."""
    create = "CREATE TABLE `{0}`.mine (a INT); DROP TABLE `{0}`.mine"
    sql(server, create.format(DATABASE), user="student", password=PASSWORDS["student"])
    statement = create.format(DATABASE.replace("_", "X"))
    _, output = execute(server, "mysql", "--user=student", f"--execute={statement}", password=PASSWORDS["student"])
    assert "ERROR 1142" in output


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param("CONVERT_TZ('2022-08-01 12:00:00', 'UTC', 'Europe/Moscow')", "2022-08-01 15:00:00", id="zones"),
        pytest.param("@@max_connections", "77", id="configuration"),
        pytest.param("@@datadir", "/var/lib/mysql/", id="datadir"),
        pytest.param("@@socket", "/var/run/mysqld/mysqld.sock", id="socket"),
        pytest.param("@@character_set_server", "utf8mb4", id="utf8mb4"),
    ],
)
def test_settings(server: Container, expression: str, value: str) -> None:
    """Time zones are known, files in /etc/mysql/conf.d are read, directories and character set are the usual ones."""
    assert sql(server, f"SELECT {expression}", password=PASSWORDS["root"]) == value


def test_root_connects_from_anywhere(server: Container) -> None:
    """There is a root for the container itself and one for every other host, with all privileges."""
    statement = "SELECT host, super_priv, grant_priv FROM mysql.user WHERE user = 'root' ORDER BY host"
    assert sql(server, statement, password=PASSWORDS["root"]).splitlines() == ["%\tY\tY", "localhost\tY\tY"]


def test_image_settings(engine: DockerClient, image: str) -> None:
    """The image keeps its data in a volume, offers 3306 and 33060, starts mysqld, and has no health check."""
    config = engine.images.get(image).attrs["Config"]
    assert set(config["Volumes"]) == {"/var/lib/mysql"}
    assert set(config["ExposedPorts"]) == {"3306/tcp", "33060/tcp"}
    assert (config["Entrypoint"], config["Cmd"]) == (["docker-entrypoint.sh"], ["mysqld"])
    assert config.get("Healthcheck") is None
