"""Ctrl-C, SIGTERM or SIGHUP asks the loop to stop; Ctrl-C a second time stops at once."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from isthmus.signals import TERMINATIONS, Command, running_command


class Interruption:
    """While entered, the first Ctrl-C only sets `requested`; the second one raises as always.

    SIGTERM and SIGHUP, where they would end the process, ask likewise, and no more however often
    they come: managers of jobs send several. One inside of another shares its state, so that one
    Ctrl-C ends every stage of a fit; so does one in another thread.

    """

    def __init__(self) -> None:
        self._heard = 0
        self._previous: dict[int, Any] = {}
        self._outer: Interruption | None = None
        self._command: Command | None = None

    @property
    def heard(self) -> int:
        """Which signal came; 0 as long as none did."""
        return self._heard if self._outer is None else self._outer.heard

    @property
    def requested(self) -> bool:
        """Whether one came."""
        return self.heard != 0

    def request(self, number: int = signal.SIGINT) -> None:
        """Ask as a signal does."""
        if self._outer is not None:
            self._outer.request(number)
        elif not self._heard:
            self._heard = int(number)
            if self._command is not None:
                self._command.heard = self._heard

    def __enter__(self) -> Interruption:
        outer = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
        if isinstance(outer, Interruption):
            self._outer = outer
        # Only the main thread may handle signals; elsewhere they are somebody else's business.
        elif threading.current_thread() is threading.main_thread():
            self._command = running_command()
            for number in (signal.SIGINT, *self._terminations()):
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def _terminations(self) -> list[int]:
        """Give those of the other signals that would end this process."""
        # A pool ends its workers by SIGTERM and waits for them, so theirs stays as it is.
        if multiprocessing.parent_process() is not None:
            return []
        return [
            number
            for number in TERMINATIONS
            if signal.getsignal(number) is signal.SIG_DFL
            or isinstance(getattr(signal.getsignal(number), "__self__", None), Command)
        ]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.requested:
            self.request(number)
        elif number == signal.SIGINT:
            # Before anything else: the error may come where `__exit__` is never reached.
            signal.signal(signal.SIGINT, self._previous[signal.SIGINT])
            raise KeyboardInterrupt
