"""A log of JSON lines, whole after every line."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any, final

from isthmus.errors import IsthmusError
from isthmus.io.failures import reason_of

_MOST_BYTES_OF_A_LINE = 2**16


@final
class LogFile:
    """A file of JSON lines, opened anew for every line, so that none waits in memory.

    Parameters
    ----------
    path : str or Path
        Made, with its folder, if it does not exist.

    Raises
    ------
    IsthmusError
        It cannot be written to, or holds something else than such a log.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab"):
                pass
            foreign = self.path.is_file() and not self._holds_log()
        except OSError as error:
            raise IsthmusError(f"{path} cannot be a log, because {reason_of(error)}.") from error
        if foreign:
            raise IsthmusError(
                f"{path} holds something else than a log of Isthmus, so it is not replaced: "
                "name another file."
            )

    def begin(self, resumed: bool) -> None:
        """Empty the file, or cut off what a killed run had not finished writing."""
        if self.path.is_file():
            os.truncate(self.path, self._end_of_lines() if resumed else 0)

    def write(self, entry: dict[str, Any]) -> None:
        """Append a line, whole or not at all."""
        line = json.dumps(entry, allow_nan=False).encode() + b"\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            # One call, which Ctrl-C cannot come into the middle of.
            n_written = os.write(descriptor, line)
            if n_written < len(line):
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - n_written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        finally:
            os.close(descriptor)

    def _holds_log(self) -> bool:
        with self.path.open("rb") as file:
            line = file.readline(_MOST_BYTES_OF_A_LINE)
        if not line.endswith(b"\n"):
            # Empty, or the very first line of a run that was killed.
            return b'{"event"'.startswith(line[:8])
        try:
            entry = json.loads(line)
        except ValueError:
            return False
        return isinstance(entry, dict) and "event" in entry

    def _end_of_lines(self) -> int:
        end = self.path.stat().st_size
        with self.path.open("rb") as file:
            start = max(end - _MOST_BYTES_OF_A_LINE, 0)
            file.seek(start)
            return start + file.read().rfind(b"\n") + 1
