"""Whether a file is still the one that was looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self, final

from isthmus.errors import DataError


@final
@dataclass(frozen=True)
class FileState:
    """What changes where somebody writes to a file.

    Parameters
    ----------
    path : Path
        The file.
    inode, n_bytes, modified : int
        Which file it is, its size, and when it was written to last, in nanoseconds.
    """

    path: Path
    inode: int
    n_bytes: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at a file."""
        return cls(path.absolute(), *_state(os.stat(path)))

    def check(self, source: str, descriptor: int | None = None) -> None:
        """Raise `DataError` if the file, or the one that is open, is another by now.

        Messages call it `source`.
        """
        try:
            found = os.stat(self.path) if descriptor is None else os.fstat(descriptor)
        except FileNotFoundError:
            raise changed(source) from None
        if _state(found) != (self.inode, self.n_bytes, self.modified):
            raise changed(source)


def changed(source: str) -> DataError:
    """Give what to raise where a file has changed."""
    return DataError(
        f"{source} has changed or was cut off since it was opened: open it again when it is whole."
    )


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns
