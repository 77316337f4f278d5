"""Files appear whole or not at all: written beside, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isthmus.errors import IsthmusError, first_line
from isthmus.io.failures import SYSTEM_REASONS


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`, which takes its place when all went well.

    Whatever goes wrong, Ctrl-C included, what was at `path` before is still there and the
    temporary file or folder is gone.

    Raises
    ------
    IsthmusError
        The operating system refused: no such folder, no permission, a full disk.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "greeting.txt") as temporary:
    ...     _ = temporary.write_text("hello")
    >>> (folder / "greeting.txt").read_text()
    'hello'
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        _flush(temporary)
        if temporary.is_dir() and target.is_dir():
            shutil.rmtree(target)
        os.replace(temporary, target)
    except OSError as error:
        reason = SYSTEM_REASONS.get(error.errno or 0, f"{first_line(error)}: choose another place")
        raise IsthmusError(f"{target} could not be written, because {reason}.") from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    files = path.iterdir() if path.is_dir() else [path]
    for file in files:
        with open(file, "rb") as handle:
            os.fsync(handle.fileno())
