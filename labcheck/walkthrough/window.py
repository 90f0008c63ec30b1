"""A window on the lab's machine, as an ssh session is: a terminal, and in it a shell to type commands in.

The shell marks its prompts and where output begins, as terminals with shell integration have it, by sequences that
nobody sees (OSC 133,
https://gitlab.freedesktop.org/Per_Bothner/specifications/blob/master/proposals/semantic-prompts.md):
so the end of a command is known, and its exit code, whatever it prints.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pexpect
from pexpect.socket_pexpect import SocketSpawn

from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.walkthrough import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docker.models.containers import Container

RC = "/etc/labcheck.bashrc"
SHELL = ("bash", "--noprofile", "--rcfile", RC, "-i")
RC_TEXT = r"""
PS1='\[\e]133;A\a\]\u@\h:\w\$ \[\e]133;B\a\]'
PS0=$'\e]133;C\a'
PROMPT_COMMAND='printf "\e]133;D;%s\a" "$?"'
bind 'set enable-bracketed-paste off'
unset HISTFILE
"""
_BEGIN = rb"\x1b\]133;C\x07"
_END = rb"\x1b\]133;D;(\d+)\x07(.*?)\x1b\]133;A\x07(.*?)\x1b\]133;B\x07"
# of a shell in a container: bash's as root, busybox's and bash's without settings
_MODES = rb"(?:\x1b(?:\[[?\d;]*[A-Za-z]|[78=>]|\(B)\r?)*"
_INNER = (
    rb"(?:^|[\r\n])(" + _MODES + rb")((?:root@[\w-]+:)?[/~][^\r\n]*?# |(?:ba)?sh-[\d.]+# |[/~]?\$ )" + _MODES + rb"$"
)
_KEYS = {"ctrl+c": b"\x03", "ctrl+d": b"\x04", "ctrl+o": b"\x0f", "ctrl+x": b"\x18", "enter": b"\r"}
SECONDS = 60


@dataclass(frozen=True)
class Typed:
    """What was typed at a prompt, and what the terminal showed then; `code` is the exit code where it is known."""

    window: str
    prompt: str
    command: str
    text: str
    code: int | None

    @property
    def rows(self) -> list[list[str]]:
        """What was shown as a table of Docker's: its rows without the head, column by column."""
        return [re.split(r" {2,}", line) for line in self.text.splitlines()[1:]]


class Window:
    """One session; what is typed in it is told to `said` with what it showed."""

    def __init__(
        self,
        machine: Container,
        user: str,
        name: str,
        said: Callable[[Typed], None],
        command: Sequence[str] = SHELL,
    ) -> None:
        """Log in to the machine as `user`; `command` is the shell, or leads to one that marks its prompts by RC_TEXT.

        Raises:
            LabcheckError: no shell answers.
        """
        self.name = name
        self._said = said
        self._prompt, self._command, self._shown = "", "", b""
        self._is_inside = False
        home = "/root" if user == "root" else f"/home/{user}"
        api: Any = machine.client.api  # type: ignore[union-attr] # a container of an engine has a client
        session = api.exec_create(
            machine.id,
            list(command),
            stdin=True,
            tty=True,
            user=user,
            workdir=home,
            environment={"TERM": "xterm", "HOME": home, "USER": user, "LANG": "C.UTF-8"},
        )["Id"]
        self._stream = api.exec_start(session, tty=True, socket=True)
        self._terminal: Any = SocketSpawn(self._stream._sock)  # noqa: SLF001 - docker-py hides the socket's time-outs
        api.exec_resize(session, height=screen.ROWS, width=screen.COLUMNS)
        self._terminal.send(b"\n")  # the first prompt may have been read with the head of the engine's answer
        self._await(_END, SECONDS)
        self._take_prompt()

    def close(self) -> None:
        """Hang up: the shell ends, and what it had in the foreground."""
        self._terminal.close()
        self._stream.close()

    def type(self, command: str, *, code: int | None = 0, seconds: float = SECONDS) -> Typed:
        """Type a command, wait for the next prompt, and return what was shown.

        `code` is the exit code that is claimed, None for any; the shell of a container is not asked for it.

        Raises:
            AssertionError: it has another exit code.
            LabcheckError: no prompt in time.
        """
        self._send(command, seconds)
        return self._checked(self.end(seconds=seconds), code)

    def enter(self, command: str, *, seconds: float = SECONDS) -> Typed:
        """Type a command that ends in a shell of its own, as `docker run -it` does, and wait for its prompt."""
        self._send(command, seconds)
        self._is_inside = True
        return self.end(seconds=seconds)

    def leave(self, command: str = "exit", *, code: int | None = None, seconds: float = SECONDS) -> Typed:
        """Type what ends the shell inside, and wait for our own prompt."""
        self._send(command, seconds)
        self._is_inside = False
        return self._checked(self.end(seconds=seconds), code)

    def start(self, command: str, shows: str, *, seconds: float = SECONDS) -> str:
        """Type a command that stays in the foreground, and wait for what it shows, a regular expression."""
        self._send(command, seconds)
        return self.see(shows, seconds=seconds)

    def see(self, shows: str, *, seconds: float = SECONDS) -> str:
        """Wait until the program in the foreground shows something more; return all that it has shown so far."""
        before, deadline = len(self._shown), time.monotonic() + seconds
        while not re.search(shows, screen.text_of(self._shown[before:])):
            self._await(b".+", deadline - time.monotonic())
            self._shown += self._terminal.after
        return screen.text_of(self._shown)

    def screen(self) -> str:
        """Return what the terminal shows of the program in the foreground, as a person sees it: nano's window, say."""
        return screen.visible(self._shown)

    def press(self, key: str) -> None:
        """Press a key: ctrl+c, ctrl+d, ctrl+o, ctrl+x or enter."""
        self._terminal.send(_KEYS[key])

    def answer(self, text: str) -> None:
        """Type a line that the program in the foreground asks for."""
        self._terminal.send(text.encode() + b"\n")

    def end(self, *, seconds: float = SECONDS) -> Typed:
        """Wait until the program in the foreground has ended, and return what it showed."""
        prompt, code = self._prompt, None
        if self._is_inside:
            self._await(_INNER, seconds)
            self._shown += self._match[1]  # apt takes its progress bar away there
            self._prompt = screen.text_of(self._match[2]) + " "
        else:
            self._await(_END, seconds)
            code = int(self._match[1])
            self._take_prompt()
        typed = Typed(self.name, prompt, self._command, screen.text_of(self._shown), code)
        self._said(typed)
        return typed

    def _send(self, command: str, seconds: float) -> None:
        self._command = command
        self._terminal.send(command.encode() + b"\n")
        self._await(b"\n" if self._is_inside else _BEGIN, seconds)  # what was typed comes back first
        self._shown = b""

    @property
    def _match(self) -> Any:  # noqa: ANN401 - of pexpect, which bears no types
        return self._terminal.match

    def _take_prompt(self) -> None:
        self._prompt = screen.text_of(self._match[2] + self._match[3]) + " "

    def _await(self, pattern: bytes, seconds: float) -> None:
        """Wait for what the terminal writes, and add what comes before it to what it has shown."""
        try:
            self._terminal.expect(re.compile(pattern, re.DOTALL), timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            self._shown += bytes(self._terminal.buffer)
            text = screen.text_of(self._shown)
            how = (
                _("did not come to that in {seconds:.0f} s") if isinstance(error, pexpect.TIMEOUT) else _("was cut off")
            )
            message = _("{command} {how}; so far:\n{text}")
            raise LabcheckError(
                message.format(command=self._command, how=how.format(seconds=seconds), text=text)
            ) from None
        self._shown += self._terminal.before

    def _checked(self, typed: Typed, code: int | None) -> Typed:
        if code is not None and typed.code is not None and typed.code != code:
            message = f"{typed.command}: exit code {typed.code}, not {code}\n{typed.text}"
            raise AssertionError(message)
        return typed
