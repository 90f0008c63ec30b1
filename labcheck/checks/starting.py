"""Start a student's app, and say what is wrong with it if it does not listen."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import docker.errors

from labcheck.checks.testbed import APP_PORT, START_SECONDS, LabContainer, listening
from labcheck.checks.verdicts import Mismatch, UngradableError, require
from labcheck.errors import LabcheckError
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labcheck.checks.testbed import WebApp

App = TypeVar("App", bound=LabContainer)

_LOOPBACK = {"0100007F", "00000000000000000000000001000000"}  # 127.0.0.1 and ::1 in proc_net_tcp(5)


def start(app: LabContainer) -> Mismatch | None:
    """Start a container and return None once something in it listens, else what to tell the student.

    Raises:
        UngradableError: it is not the student's fault.
    """
    expected = _("the container runs and its app listens")
    try:
        app.start()
    except LabcheckError:
        words = app.last_words or _("(nothing was logged)")
        if "exec format error" in words:
            raise UngradableError(
                _("The image was built for another kind of processor: {log}").format(log=words)
            ) from None
        return Mismatch(expected, f"{_state(app)}\n{words}", _hint(words))
    except docker.errors.APIError as error:
        reason = str(error.explanation or error)
        if "executable file not found" in reason or "no such file" in reason:
            return Mismatch(
                expected, reason, _("ENTRYPOINT and CMD name a program that is not in the image (step 113).")
            )
        raise UngradableError(_("The engine does not start the container: {reason}").format(reason=reason)) from error
    return None


@contextmanager
def running(app: App) -> Iterator[App]:
    """Run a student's container for a while.

    Raises:
        AssertionError: it does not start; what to tell the student is in it. UngradableError: our side's trouble.
    """
    try:
        require(start(app))
        yield app
    finally:
        app.stop()


def _state(app: LabContainer) -> str:
    container = app.get_wrapped_container()
    container.reload()
    if container.status == "running":
        return _("it runs, and after {seconds} s listens on no port; its log ends with:").format(seconds=START_SECONDS)
    code = container.attrs["State"]["ExitCode"]
    return _("it ended with exit code {code}; its log ends with:").format(code=code)


def outside_sockets(app: WebApp) -> list[int]:
    """Return the ports at which an app listens for others than its own container."""
    found = listening(app.get_wrapped_container())
    return sorted({port for address, port in found if address not in _LOOPBACK})


def where_it_listens(app: WebApp) -> str:
    """Return a hint on why an app that listens is not reached from outside."""
    found = listening(app.get_wrapped_container())
    if not any(port == APP_PORT for _address, port in found):
        ports = ", ".join(sorted({str(port) for _address, port in found}))
        return _("The app listens on port {ports}, not on 5000, which Flask takes unless told otherwise.").format(
            ports=ports
        )
    if {address for address, port in found if port == APP_PORT} <= _LOOPBACK:
        return _("The app listens inside the container only: app.run needs host='0.0.0.0' (step 108).")
    return _("Open it in a browser as step 116 has it: docker run --rm -p 80:5000 flask")


def _hint(log: str) -> str:
    if "/bin/sh" in log and ("can't open file" in log or "SyntaxError" in log):  # python /bin/sh -c app.py
        return _('CMD as a plain string becomes arguments of a shell: write CMD [ "app.py" ] (step 113).')
    if "can't open file" in log:
        return _("Python does not find the file: it has to be copied into WORKDIR under the name in CMD (step 113).")
    if "No module named 'mysql" in log:
        return _(
            "The connector is not in the image: pip install mysql-connector-python is typed in the container, "
            "by docker exec, not on the host (step 134)."
        )
    if "No module named" in log:
        return _("A package is missing in the image: list it in requirements.txt (step 111).")
    if "SyntaxError" in log or "IndentationError" in log:
        return _("app.py is not valid Python: run it yourself (step 109).")
    return _("Run it without -d and read what it says: docker run --rm -p 80:5000 flask (step 116).")
