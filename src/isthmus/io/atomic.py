"""Write a file or a folder whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isthmus.errors import IsthmusError
from isthmus.io.failures import SYSTEM_REASONS, first_line


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`, which takes its place if all goes well.

    Readers see the old content or the new, never a half; after an error or Ctrl-C the old
    content is still there and nothing else is left behind. What is written there may be a file
    or a folder.

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
    # Through a symbolic link the file itself is replaced, not the link.
    target = Path(os.path.realpath(path))
    mark = secrets.token_hex(4)
    temporary = target.with_name(f".{target.name}.{mark}.part")
    try:
        if target.exists() and not (target.is_file() or target.is_dir()):
            raise IsthmusError(f"{path} is not a regular file: write to a file on disk.")
        yield temporary
        _flush(temporary)
        if target.is_dir():
            _swap_folders(temporary, target, mark)
        else:
            os.replace(temporary, target)
        _flush(target.parent)
    except OSError as error:
        reason = SYSTEM_REASONS.get(error.errno or 0, f"{first_line(error)}: try another place")
        raise IsthmusError(f"{path} could not be written, because {reason}.") from error
    finally:
        _discard(temporary)


def _swap_folders(temporary: Path, target: Path, mark: str) -> None:
    # No system call replaces a folder that has files in it.
    if not temporary.is_dir():
        raise IsADirectoryError(21, "it is a folder", str(target))
    old = target.with_name(f".{target.name}.{mark}.old")
    os.replace(target, old)
    try:
        os.replace(temporary, target)
    except BaseException:
        os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _flush(path: Path) -> None:
    # Windows cannot open a folder this way, and needs no such flush.
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _discard(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        # On a disk that is read-only even this fails, though there is nothing.
        with suppress(OSError):
            temporary.unlink()
