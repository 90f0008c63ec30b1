"""The one exception whose message is meant for the person at the keyboard."""


class LabcheckError(Exception):
    """What went wrong and what to do, in a sentence or two; the command line prints it and ends with exit code 2."""
