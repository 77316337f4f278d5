"""Messages to another process, and word from the system when its machine no longer answers."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any, final

SILENCE_SECONDS = 15
"""After so long without a sign of life a machine is lost."""

_PROBE_SECONDS = 3
_LONGEST_LINE = 2**16


@final
class Connection:
    """One end of a connection, over which lines of JSON go.

    Parameters
    ----------
    end : socket
        Connected.
    seconds : float
        How long to wait for a message at first.
    """

    def __init__(self, end: socket.socket, seconds: float) -> None:
        end.settimeout(seconds)
        _watch_for_silence(end)
        self._socket, self._file = end, end.makefile("rb")

    def send(self, **message: Any) -> None:
        """Send, or let the reader find out that nobody is there any more."""
        with suppress(OSError):
            self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any] | None:
        """Give the next message, or None where the connection has ended."""
        try:
            line = self._file.readline(_LONGEST_LINE)
            # A piece of a line may read as another message.
            message = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None

    @property
    def peer(self) -> str:
        """The address of the other end."""
        try:
            return str(self._socket.getpeername()[0])
        except OSError:
            return "somewhere"

    def wait(self, seconds: float) -> None:
        """Wait so long for a message from now on."""
        self._socket.settimeout(seconds)

    def wait_for_ever(self) -> None:
        """Let the other end take any time from now on."""
        self._socket.settimeout(None)

    def close(self) -> None:
        """End the connection, for a thread that reads from it too."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._file.close()
        self._socket.close()


def _watch_for_silence(end: socket.socket) -> None:
    """Let the system ask whether the other machine is there, and end the connection if not."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        # When it was quiet for so long, ask so often before giving up.
        "TCP_KEEPIDLE": _PROBE_SECONDS,
        "TCP_KEEPALIVE": _PROBE_SECONDS,  # what macOS calls it
        "TCP_KEEPINTVL": _PROBE_SECONDS,
        "TCP_KEEPCNT": SILENCE_SECONDS // _PROBE_SECONDS - 1,
        # The same for what was sent and never acknowledged.
        "TCP_USER_TIMEOUT": 1000 * SILENCE_SECONDS,
    }
    for name, value in options.items():
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
