"""Turns whatever a file's parser raises into one sentence about the file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from isthmus.errors import DataWarning, IsthmusError

SYSTEM_REASONS = {
    errno.EACCES: "permission is denied: change its permissions or choose another place",
    errno.EPERM: "permission is denied: change its permissions or choose another place",
    errno.ENOENT: "there is no such file or folder: check the spelling",
    errno.ENOSPC: "the disk is full: free some space or choose another place",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another place",
    errno.EROFS: "the disk is read-only: choose another place",
    errno.EISDIR: "it is a folder: give a file",
    errno.ENOTDIR: "part of the path is a file, not a folder: check the spelling",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.EMFILE: "too many files are open: close some of them",
}


@contextmanager
def refusing(source: str, kind: str, error_type: type[IsthmusError]) -> Iterator[None]:
    r"""Raise `error_type` with one sentence, whatever a parser raises inside.

    Four foreign parsers meet bytes from anywhere here, and none of them promises a closed
    list of exceptions; hence the one deliberately broad ``except`` of this package.

    Parameters
    ----------
    source : str
        The file, as the message names it.
    kind : str
        What the file was read as, with its article: "a parquet file".
    error_type : type of IsthmusError
        What to raise.

    Examples
    --------
    >>> from isthmus.errors import DataError
    >>> with refusing("a.parquet", "a parquet file", DataError):  # doctest: +ELLIPSIS
    ...     raise OSError("Truncated page.\nSee the log.")
    Traceback (most recent call last):
        ...
    isthmus.errors.DataError: a.parquet could not be read as a parquet file (truncated page): ...
    """
    try:
        yield
    except (IsthmusError, DataWarning):
        raise
    except MemoryError as error:
        raise error_type(
            f"{source} needs more memory than this machine can give: split it into several files."
        ) from error
    except UnicodeDecodeError as error:
        raise error_type(
            f"{source} holds text that is not UTF-8: save it again with the encoding UTF-8."
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in SYSTEM_REASONS:
            raise error_type(
                f"{source} could not be read, because {SYSTEM_REASONS[error.errno]}."
            ) from error
        raise error_type(
            f"{source} could not be read as {kind} ({first_line(error)}): "
            "it may be cut off or damaged, so fetch or write it again."
        ) from error


@contextmanager
def looking_at(
    path: str | os.PathLike[str], error_type: type[IsthmusError] = IsthmusError
) -> Iterator[None]:
    """Raise `error_type` where the system does not even let us look at the place of a file.

    A name that is too long is found, too.
    """
    try:
        with suppress(FileNotFoundError):
            os.lstat(path)
        yield
    except IsthmusError:
        raise
    except ValueError as error:
        raise error_type(
            f"{os.fspath(path)!r} is no name of a file ({first_line(error)}): choose another one."
        ) from error
    except OSError as error:
        raise error_type(f"{path} cannot be used, because {reason_of(error)}.") from error


def reason_of(error: OSError) -> str:
    """Tell why the system would not, and what to do."""
    return SYSTEM_REASONS.get(error.errno or 0, f"{first_line(error)}: choose another place")


def first_line(error: BaseException) -> str:
    """Give the first line of a foreign message, cut to fit inside a sentence."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    lines = text.strip().splitlines() or [type(error).__name__]
    line = lines[0].strip().rstrip(".:")
    if line[1:2].islower():
        line = line[0].lower() + line[1:]
    return line if len(line) <= 120 else line[:119] + "…"
