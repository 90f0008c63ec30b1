"""Area keeper, the reference's own promises. PYTEST_DONT_REWRITE: like the rest of the rubric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.checks import starting
from labcheck.checks.keeper import Keeper, make_the_labs_way
from labcheck.checks.verdicts import mismatch, require, there
from labcheck.i18n import _

if TYPE_CHECKING:
    from testcontainers.core.network import Network

    from labcheck.checks.testbed import Database
    from labcheck.checks.trial import Built, Trial
    from labcheck.submission.submission import Submission

HINT = _("The design's contract of var_keeper says so.")


@pytest.mark.lab(step=137, area="keeper")
@pytest.mark.reference
def test_made_the_labs_way_it_works_too(
    trial: Trial, built: Built, handed_in: Submission, own_database: Database, own_network: Network
) -> None:
    """Docker exec pip install, docker cp and docker commit on the hello image give a working var_keeper (134-137)."""
    image = require(make_the_labs_way(trial, built.tag, there(handed_in.keeper)))
    own_database.drop()
    with starting.running(Keeper(image, network=own_network)) as keeper:
        keeper.keep("name", "value", hint=HINT)
        answer = keeper.value_of("name", hint=HINT)
    assert answer.text == "value", mismatch("value", answer, HINT)


@pytest.mark.lab(step=141, area="keeper")
@pytest.mark.reference
def test_shows_as_python_with_app_py(keeper: Keeper) -> None:
    """`docker exec keeper ps` shows python with app.py; the image has sh and ps (the next lab needs both)."""
    output = keeper.inside("sh", "-c", "ps")[1]
    assert "python app.py" in output, mismatch("python app.py", output, HINT)


@pytest.mark.lab(step=135, area="keeper")
@pytest.mark.reference
@pytest.mark.parametrize("password", ["DB_PASSWORD", "DB_PASSWORD_FILE"])
def test_settings_come_from_the_environment(
    keeper_image: str, own_database: Database, own_network: Network, password: str
) -> None:
    """Host, user, password and database are overridden by the environment, the password also by a file."""
    own_database.execute("DROP USER IF EXISTS 'somebody'")
    own_database.execute("CREATE USER 'somebody' IDENTIFIED BY 'secret'; GRANT ALL ON elsewhere.* TO 'somebody'")
    settings = {"DB_HOST": own_database.address, "DB_USER": "somebody", "DB_NAME": "elsewhere", password: "secret"}
    keeper = Keeper(keeper_image, network=own_network, env=settings)
    if password == "DB_PASSWORD_FILE":  # noqa: S105 - a variable's name
        settings[password] = "/run/secrets/password"
        keeper.with_copy_into_container(b"secret\n", settings[password])
    with starting.running(keeper):
        keeper.keep("name", "value", hint=HINT)
    tables = own_database.execute("SHOW DATABASES")
    assert "elsewhere" in tables.splitlines(), mismatch("elsewhere", tables, HINT)
    stored = own_database.execute("SELECT value FROM elsewhere.vars WHERE name = 'name'")
    assert "value" in stored.splitlines(), mismatch("value", stored, HINT)
    own_database.execute("DROP DATABASE elsewhere")
