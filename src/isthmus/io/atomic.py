"""Write a file or a folder whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isthmus.errors import IsthmusError
from isthmus.io.failures import reason_of
from isthmus.io.leftovers import discard, leftovers, name_beside

_NEW, _OLD = ".part", ".old"


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`, which takes its place if all goes well.

    Readers see the old content or the new, never a half; after an error or Ctrl-C the old
    content is still there and nothing else is left behind. What is written there may be a file
    or a folder. It gets the permissions and the owner of what it replaces. What killed processes
    have left at this place is taken away.

    Raises
    ------
    IsthmusError
        The place cannot be written to: a full disk, no permission, no such folder.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "greeting.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("hello")
    >>> target.read_text()
    'hello'
    """
    temporary = None
    try:
        # Through a symbolic link the file itself is replaced, not the link.
        target = Path(os.path.realpath(path))
        temporary = name_beside(target, _NEW)
        sweep(target)
        before = _found(target)
        is_folder = before is not None and stat.S_ISDIR(before.st_mode)
        if before is not None and not is_folder:
            if not stat.S_ISREG(before.st_mode):
                raise IsthmusError(f"{path} is not a regular file: write to a file on disk.")
            # What others may not read, they may not read while it is being written either.
            mode = stat.S_IMODE(before.st_mode) & 0o777 | 0o600
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield temporary
        if before is not None:
            _take_permissions(temporary, before)
        _flush(temporary)
        if is_folder:
            _swap_folders(temporary, target)
        else:
            os.replace(temporary, target)
        _flush(target.parent)
    except OSError as error:
        raise IsthmusError(f"{path} could not be written, because {reason_of(error)}.") from error
    finally:
        if temporary is not None:
            discard(temporary)


def sweep(target: Path) -> None:
    """Tidy up what killed processes have left at this place, and give back what they took away."""
    for part in leftovers(target, _NEW):
        discard(part)
    for old in leftovers(target, _OLD):
        _put_back(old, target)
        discard(old)


def _found(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _take_permissions(temporary: Path, before: os.stat_result) -> None:
    now = temporary.stat()
    if hasattr(os, "chown") and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        with suppress(OSError):  # only an administrator may
            os.chown(temporary, before.st_uid, before.st_gid)
    mode = stat.S_IMODE(before.st_mode)
    if stat.S_IMODE(temporary.stat().st_mode) != mode:
        with suppress(OSError):  # which some file systems do not know
            temporary.chmod(mode)


def _swap_folders(temporary: Path, target: Path) -> None:
    # No system call replaces a folder that has files in it.
    if not temporary.is_dir():
        raise IsADirectoryError(21, "it is a folder", str(target))
    old = name_beside(target, _OLD)
    os.replace(target, old)
    try:
        os.replace(temporary, target)
    except BaseException as error:
        if not _put_back(old, target):
            raise IsthmusError(
                f"{target} could not be replaced, nor what was there be put back: it is in {old}, "
                "so move it from there."
            ) from error
        raise
    discard(old)


def _put_back(old: Path, target: Path) -> bool:
    """Give a folder its name again where nothing else has it, and tell whether it is there."""
    for _ in range(2):  # what fails once may not fail again
        with suppress(OSError):
            if not target.exists():
                os.replace(old, target)
            return True
    return False


def _flush(path: Path) -> None:
    # Windows cannot open a folder this way, and needs no such flush.
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
