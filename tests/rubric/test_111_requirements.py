"""Area requirements: what pip freeze gives (step 111). PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.checks import requirements
from labcheck.checks.keeper import CONNECTOR
from labcheck.checks.requirements import SYSTEM_PACKAGES, Installed, Line
from labcheck.checks.testbed import LabContainer
from labcheck.checks.verdicts import fail, mismatch, there
from labcheck.i18n import _
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from labcheck.checks.trial import Built
    from labcheck.submission.submission import Submission

SERVER = "pyuwsgi"  # what the reference's keeper adds of its own
FREEZE = _("pip freeze > requirements.txt in the environment that Flask was installed in (steps 106, 107, 111).")


@pytest.fixture(scope="module")
def lines(handed_in: Submission) -> list[Line]:
    """The requirements of the file."""
    try:
        return requirements.read(there(handed_in.requirements))
    except StudentFileError as error:
        fail(_("a text that pip can read"), error, FREEZE)
    except (ValueError, LookupError) as error:
        fail(
            _("a text that pip can read"), str(error), _("Save it as UTF-8: pip freeze > requirements.txt (step 111).")
        )


@pytest.fixture(scope="module")
def installed(inside: LabContainer) -> Installed:
    """What the image has installed."""
    return requirements.installed(inside)


@pytest.mark.lab(step=111, area="requirements")
def test_flask_is_listed(lines: list[Line]) -> None:
    """requirements.txt lists Flask."""
    said = "\n".join(line.text for line in lines)
    assert "flask" in {line.name for line in lines}, mismatch(
        "Flask==…",
        said or _("an empty file"),
        FREEZE,
    )


@pytest.mark.lab(step=111, area="requirements")
@pytest.mark.needs("requirements.flask_is_listed")
def test_every_line_is_pinned(lines: list[Line]) -> None:
    """Each package has its exact version, as `pip freeze` writes it."""
    loose = [line.text for line in lines if not line.is_pinned]
    assert not loose, mismatch(
        _("name==version on each line"),
        "\n".join(loose),
        _("Without a version the image differs from one day to the next."),
    )


@pytest.mark.lab(step=111, area="requirements")
@pytest.mark.needs("requirements.flask_is_listed")
def test_complete(lines: list[Line], installed: Installed) -> None:
    """Whatever the listed packages need is listed too: nothing is fetched in a version that nobody chose."""
    missing = [f"{name} ({by})" for name, by in installed.unlisted(lines).items()]
    assert not missing, mismatch(
        _("everything that pip installs is listed"),
        _("not listed, and needed: {missing}").format(missing=", ".join(missing)),
        _("pip freeze lists them all, pip install Flask by hand does not (step 111)."),
    )


@pytest.mark.lab(step=111, area="requirements")
@pytest.mark.needs("requirements.flask_is_listed")
def test_no_pkg_resources(lines: list[Line]) -> None:
    """The line `pkg-resources==0.0.0`, a bug of some systems, is removed."""
    found = [line.text for line in lines if line.name == "pkg-resources"]
    assert not found, mismatch(
        _("no such line"), found[0], _("Remove it: pip does not find such a package (step 111).")
    )


@pytest.mark.lab(step=106, area="requirements")
@pytest.mark.needs("requirements.flask_is_listed")
def test_no_system_packages(lines: list[Line]) -> None:
    """The list comes from the virtual environment, not from the whole system."""
    found = [line.text for line in lines if line.name in SYSTEM_PACKAGES]
    assert not found, mismatch(
        _("the environment's packages alone"),
        ", ".join(found),
        _(
            "The environment was not activated: these are the system's packages. "
            "Activate it, then pip freeze (step 106)."
        ),
    )


@pytest.mark.lab(step=111, area="requirements")
@pytest.mark.needs("requirements.complete")
def test_consistent(installed: Installed) -> None:
    """The versions fit together: `pip check` in the image has no complaint."""
    found = installed.conflicts()
    assert not found, mismatch(
        "No broken requirements found.", "\n".join(found), _("Take the versions pip itself chose.")
    )


@pytest.mark.lab(step=111, area="requirements")
@pytest.mark.reference
def test_freeze_gives_the_file(handed_in: Submission, built: Built) -> None:
    """What is installed is what is listed, to the letter, and pip itself finds it consistent."""
    code = "python -m pip check >&2 && python -m pip freeze"
    with LabContainer(built.tag, entrypoint=["sh"], command=["-c", code]) as container:
        container.wait()
        frozen = container.get_logs()[0].decode()
    listed = there(handed_in.requirements).read_text()
    assert frozen == listed, mismatch(
        listed, frozen or container.image, _("pip freeze in the image says what to list.")
    )


@pytest.mark.lab(step=134, area="requirements")
@pytest.mark.reference
def test_keeper_adds_its_connector_and_server(handed_in: Submission, lines: list[Line]) -> None:
    """The keeper's list is this one, the connector and the server, every line pinned."""
    keeper = requirements.read(there(handed_in.keeper).parent / "requirements.txt")
    added = [line for line in keeper if line not in lines]
    names = [line.name for line in added if line.is_pinned]
    expected = [CONNECTOR, SERVER]
    assert (names, len(keeper)) == (expected, len(lines) + len(expected)), mismatch(
        "\n".join(f"{name}==…" for name in expected),
        "\n".join(line.text for line in added),
        _("Change both files together."),
    )
