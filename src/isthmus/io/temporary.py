"""A temporary folder that does not outlive the process for long, even after a kill."""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import final

from isthmus.io.leftovers import discard, host_mark, is_left

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where what a kill leaves behind stays
    fcntl = None

_PREFIX = "isthmus-"
_MARK = "isthmus-mark.json"
_OWN_FILES = ("rows.npy", "rows.arrow", ".rows.*.part", _MARK)
"""All that is ever put into such a folder; nothing else is taken away from one."""
_LONGEST_MARK = 1_000


@final
class TemporaryFolder:
    """A folder that goes when nobody refers to it any more.

    Nobody tidies up after a kill, but a mark in the folder says whose it is: what dead processes
    of this user on this host have left is taken away when the next one is made.
    """

    def __init__(self) -> None:
        _sweep()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _mark(self.path)
        weakref.finalize(self, _remove, self.path, lock, os.getpid())


def _mark(folder: Path) -> int | None:
    """Say in the folder whose it is; the lock on that file ends with the process."""
    if fcntl is None:
        return None
    content = json.dumps({"host": host_mark(), "process": os.getpid()}).encode()
    lock = os.open(folder / _MARK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    # Some file systems know no locks; there, too, what a kill leaves behind stays.
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(lock, content)
    return lock


def _remove(folder: Path, lock: int | None, process: int) -> None:
    # A fork of this process ends too, and the folder is not its own.
    if os.getpid() == process:
        discard(folder)
    if lock is not None:
        os.close(lock)


def _sweep() -> None:
    if fcntl is None:
        return
    with suppress(OSError):
        for name in os.listdir(tempfile.gettempdir()):
            if name.startswith(_PREFIX):
                with suppress(OSError, ValueError, LookupError, TypeError):
                    _sweep_folder(os.path.join(tempfile.gettempdir(), name))


def _sweep_folder(path: str) -> None:
    """Take away a folder that a dead process has left, and of what is in it only what was put."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        lock = os.open(_MARK, os.O_RDWR | os.O_NOFOLLOW, dir_fd=folder)
        try:
            assert fcntl is not None
            mark = json.loads(os.read(lock, _LONGEST_MARK))
            if not is_left(path, mark["host"], int(mark["process"])):
                return
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for name in os.listdir(folder):
                if any(fnmatchcase(name, pattern) for pattern in _OWN_FILES):
                    os.unlink(name, dir_fd=folder)
            os.rmdir(path)  # which leaves it where there is something else in it
        finally:
            os.close(lock)
    finally:
        os.close(folder)
