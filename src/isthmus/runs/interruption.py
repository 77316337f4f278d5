"""Ctrl-C once asks the loop to stop; twice stops at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Interruption:
    """While entered, the first Ctrl-C only sets `requested`; the second one raises as always.

    One inside of another shares its state, so that one Ctrl-C ends every stage of a fit; so does
    one in another thread.
    """

    def __init__(self) -> None:
        self._requested = False
        self._previous = None
        self._outer: Interruption | None = None

    @property
    def requested(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._requested if self._outer is None else self._outer.requested

    def request(self) -> None:
        """Ask as Ctrl-C does."""
        if self._outer is None:
            self._requested = True
        else:
            self._outer.request()

    def __enter__(self) -> Interruption:
        outer = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
        if isinstance(outer, Interruption):
            self._outer = outer
        # Only the main thread may handle signals; elsewhere Ctrl-C is somebody else's business.
        elif threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, signal_number: int, frame: FrameType | None) -> None:
        if self.requested:
            # Before anything else: the error may come where `__exit__` is never reached.
            signal.signal(signal.SIGINT, self._previous)
            raise KeyboardInterrupt
        self._requested = True
