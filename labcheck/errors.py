"""The one exception whose message is meant for the person at the keyboard."""


class LabcheckError(Exception):
    """What went wrong and what to do, in a sentence or two; the command line prints it and ends with exit code 2."""


class PullError(LabcheckError):
    """An image could not be pulled; `reason` is the engine's own."""

    def __init__(self, message: str, reason: str) -> None:
        """Keep both: the advice, and the reason for those who do something else about it."""
        super().__init__(message)
        self.reason = reason


class BuildError(LabcheckError):
    """A build failed; `reason` is the engine's own, `log` all that the build printed."""

    def __init__(self, message: str, reason: str, log: str) -> None:
        """Keep the parts: who builds a student's work wants to tell why it failed."""
        super().__init__(message)
        self.reason = reason
        self.log = log


class RefusedError(LabcheckError):
    """The engine refused a request as wrong: a Dockerfile that it cannot parse, for one."""


class TooLateError(LabcheckError):
    """The engine's answer did not end within its limit, or gave no sign of life."""


class MachineError(LabcheckError):
    """There can be no lab machine here; the message says why and what is left to do."""


class UnreadableError(LabcheckError):
    """What was handed in cannot be opened: never 0 points; the message says what to hand in instead."""

    def __init__(self, message: str, reason: str = "") -> None:
        """Keep the parser's own reason beside the advice: it is for logs, and may quote what a stranger wrote."""
        super().__init__(message)
        self.reason = reason
