"""The signals that ask a process to end, and how a command answers them."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, final

TERMINATIONS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""What others send to end a process; Windows knows the first one only."""


def name_of(number: int) -> str:
    """Give what users call a signal.

    Examples
    --------
    >>> name_of(2), name_of(15)
    ('Ctrl-C', 'SIGTERM')
    """
    return "Ctrl-C" if number in (0, signal.SIGINT) else signal.Signals(number).name


def exit_code(number: int) -> int:
    """Give the exit code of a process that a signal has ended, as shells count it.

    Examples
    --------
    >>> exit_code(2), exit_code(15)
    (130, 143)
    """
    return 128 + (number or int(signal.SIGINT))


class TerminationError(KeyboardInterrupt):
    """A signal other than Ctrl-C ends the command; all that catch Ctrl-C catch it."""


@final
class Command:
    """While entered, SIGTERM and SIGHUP end the command as Ctrl-C does, so that it tidies up.

    Only the first of them counts: what it ends tidies up or writes what it has learned, and
    managers of jobs often send several. One that is ignored, as under nohup, stays so.

    Attributes
    ----------
    heard : int
        The signal that has asked the command, or a training in it, to end; 0 where none has.
    interrupted : bool
        Whether a signal has broken off what the command was doing, wherever it was.
    """

    def __init__(self) -> None:
        self.heard, self.interrupted = 0, False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Command:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, *TERMINATIONS):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT or not self.heard:
            self.heard, self.interrupted = self.heard or number, True
            raise KeyboardInterrupt if number == signal.SIGINT else TerminationError


def ignore_terminations() -> None:
    """Let no further one disturb a process that ends anyway, and change its exit code."""
    for number in TERMINATIONS:
        signal.signal(number, signal.SIG_IGN)


def running_command() -> Command | None:
    """Give the command that this process is in, if there is one."""
    for number in (signal.SIGINT, *TERMINATIONS):
        owner = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(owner, Command):
            return owner
    return None


def heard_signal() -> int:
    """Give the signal that has asked the running command to end; 0 where none has."""
    command = running_command()
    return 0 if command is None else command.heard
