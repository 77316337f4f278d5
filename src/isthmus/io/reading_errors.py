"""Whatever a parsing library raises becomes one sentence that names the file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from isthmus.errors import DataError

# What parsers are known to raise on damaged input; anything else is a defect of ours.
_PARSER_ERRORS = (
    pa.ArrowException,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@contextmanager
def reading(path: Path, kind: str, remedy: str = "make the file again") -> Iterator[None]:
    """Turn any failure to parse `path` into a DataError.

    Parameters
    ----------
    path : Path
        The file being read.
    kind : str
        What it was expected to be, such as "a parquet file".
    remedy : str
        What to do about it.
    """
    try:
        yield
    except DataError:
        raise
    except PermissionError as error:
        raise DataError(f"{path} may not be read: ask for permission to read it.") from error
    except _PARSER_ERRORS as error:
        reason = first_line(error)
        because = f" ({reason})" if reason else ""
        raise DataError(
            f"{path} is not {kind}, or is damaged or cut short{because}: {remedy}."
        ) from error


def first_line(error: BaseException) -> str:
    """Give the first line of an error's own message, shortened, without its full stop."""
    lines = str(error).strip().splitlines()
    text = lines[0].strip().rstrip(".:") if lines else type(error).__name__
    return text if len(text) <= 160 else text[:157] + "…"
