"""A temporary folder that does not outlive the process for long, even after a kill."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import final

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where what a kill leaves behind stays
    fcntl = None

_PREFIX = "isthmus-"
_LOCK = "lock"


@final
class TemporaryFolder:
    """A folder that goes when nobody refers to it any more.

    Nobody tidies up after a kill, but the lock on a file in the folder ends with the process:
    folders whose lock is free are taken away when the next one is made.
    """

    def __init__(self) -> None:
        _sweep()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _locked(self.path)
        weakref.finalize(self, _remove, self.path, lock)


def _locked(folder: Path) -> int | None:
    """Put a locked file into the folder; it never is there without its lock."""
    if fcntl is None:
        return None
    path = folder / f"new-{_LOCK}"
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    # Some file systems know no locks; there, too, what a kill leaves behind stays.
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.rename(folder / _LOCK)
    return lock


def _remove(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _sweep() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):
            lock = os.open(path, os.O_RDWR)
            try:
                if fcntl is not None:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path.parent, ignore_errors=True)
            finally:
                os.close(lock)
