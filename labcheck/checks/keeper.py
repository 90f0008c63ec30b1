"""var_keeper under test: its container, and its image made the lab's way (steps 133-137)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import docker.errors

from labcheck.checks import http, starting
from labcheck.checks.testbed import LabContainer, Listening, WebApp
from labcheck.checks.verdicts import Mismatch, UngradableError
from labcheck.engine.containers import put_files, wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.submission import student_file
from labcheck.submission.student_file import StudentFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from testcontainers.core.waiting_utils import WaitStrategyTarget

    from labcheck.checks.trial import Trial

CONNECTS_SECONDS = 10
_PIP_SECONDS = 300
UNAVAILABLE = 503
APP = "app.py"  # step 108
CONNECTOR = "mysql-connector-python"  # step 134


class Serving(Listening):
    """Ready as soon as it listens and, if it answers 503 while it connects to its database, does so no longer."""

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Wait.

        Raises:
            LabcheckError: as `Listening`. That it goes on to answer 503 is for a check to say.
        """
        super().wait_until_ready(container)
        keeper = cast("Keeper", container)
        with suppress(LabcheckError):
            wait_until(keeper.get_wrapped_container(), keeper.is_ready, "its database", CONNECTS_SECONDS)


class Keeper(WebApp):
    """A container of var_keeper, on a network where its database is `db`."""

    def __init__(self, image: str, *, wait: bool = True, **options: Any) -> None:  # noqa: ANN401 - docker-py's own
        """To start it waits until it serves, unless told not to."""
        super().__init__(image, wait=wait, **options)
        if wait:
            self.waiting_for(Serving())

    def is_ready(self) -> bool:
        """Tell whether it answers anything but 503; a student's knows no /healthz, and says 404."""
        try:
            return http.ask("GET", self.url("/healthz"), hint="").status != UNAVAILABLE
        except AssertionError:  # whatever it is, the checks find it
            return True

    def keep(self, name: str, value: str | None, *, hint: str) -> http.Answer:
        """Send a variable as the form of step 142 does; None leaves the field `value` out."""
        data = {} if value is None else {"value": value}
        return http.ask("POST", self.url(f"/var/{quote(name, safe='')}"), data=data, hint=hint)

    def value_of(self, name: str, *, hint: str) -> http.Answer:
        """Ask for a variable (step 143)."""
        return http.ask("GET", self.url(f"/var/{quote(name, safe='')}"), hint=hint)


def has_connector(image: str) -> bool:
    """Tell whether the image's Python can import the module for MySQL."""
    code = "import mysql.connector"
    with LabContainer(image, entrypoint=["python"], command=["-c", code]) as container:
        return container.wait() == 0


def make_the_labs_way(trial: Trial, image: str, app: Path, *, before: Path | None = None) -> str | Mismatch:
    """Install the connector in a container of `image`, copy `app` into it and commit it; return the tag.

    `before` is what app.py was when the container was started, where the image holds a later one (step 135).

    Raises:
        UngradableError: the package cannot be fetched.
    """
    try:
        content = student_file.read_bytes(app)
    except StudentFileError as error:
        hint = _("Is app.py the one of step 135, copied before docker commit (steps 136, 137)?")
        return Mismatch(app.name, str(error), hint)
    base = LabContainer(image)
    place = _place_of_app(trial.engine.images.get(image).attrs["Config"])
    if before:
        base.with_copy_into_container(before.read_bytes(), str(place))
    base.waiting_for(Listening())
    try:
        failure = starting.start(base)
        if failure:
            return failure
        container = base.get_wrapped_container()
        code, output = base.inside("pip", "install", CONNECTOR, seconds=_PIP_SECONDS)
        if code:
            raise UngradableError(_("pip install {package} fails: {reason}").format(package=CONNECTOR, reason=output))
        container.stop(timeout=1)
        try:
            put_files(container, str(place.parent), {place.name: content})
        except docker.errors.NotFound:
            actual = _("There is no folder {folder} in the image.").format(folder=place.parent)
            return Mismatch(place, actual, _("WORKDIR /app makes it (step 113)."))
        return trial.commit(container)
    finally:
        base.stop()


def _place_of_app(config: Mapping[str, Any]) -> PurePosixPath:
    """Return where an image has its app.py, /app/app.py by step 136: where its command looks for it."""
    words = " ".join([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]).split()
    named = next((word for word in words if PurePosixPath(word).name == APP), APP)
    return PurePosixPath(config.get("WorkingDir") or "/", named)
