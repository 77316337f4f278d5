"""How much memory rows may take: a share of the machine's, or what the user said."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from isthmus.errors import IsthmusError

VARIABLE = "ISTHMUS_MEMORY"

_SHARE = 4
_CHUNK_SHARE = 32
# Models take 32, 1,024 or 8,192 rows in a call and fill up what is fewer.
_CHUNK_ROWS = (65_536, 32_768, 16_384, 8_192, 4_096, 1_024, 256, 32)
_LEAST = 2**20
_UNKNOWN_MACHINE = 8 * 2**30
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", re.IGNORECASE)


def memory_budget() -> int:
    """Give the bytes that rows may take: ISTHMUS_MEMORY, or a quarter of the machine's memory.

    Raises
    ------
    IsthmusError
        ISTHMUS_MEMORY is no size.
    """
    text = os.environ.get(VARIABLE)
    return _machine_bytes() // _SHARE if text is None else parse_bytes(text, VARIABLE)


def affordable_rows(n_features: int) -> int:
    """Give the rows of a chunk that takes a small share of the budget, as float32."""
    most = memory_budget() // (_CHUNK_SHARE * 4 * max(n_features, 1))
    return next((n_rows for n_rows in _CHUNK_ROWS if n_rows <= most), _CHUNK_ROWS[-1])


def parse_bytes(text: str, name: str) -> int:
    """Read a size such as "512MB" or "1.5GB"; a kilobyte has 1,024 bytes.

    Parameters
    ----------
    text : str
        The size.
    name : str
        What the message calls it.

    Raises
    ------
    IsthmusError
        It is no size, or less than a megabyte.

    Examples
    --------
    >>> parse_bytes("512MB", "--memory")
    536870912
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise IsthmusError(f"{name}={text!r} is no size of memory: write it like 512MB or 4GB.")
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size < _LEAST:
        raise IsthmusError(
            f"{name}={text!r} is {size:,} bytes, expected at least 1MB: write it like 512MB or 4GB."
        )
    return size


@contextmanager
def limited_memory(text: str | None, name: str = VARIABLE) -> Iterator[None]:
    """While entered, `memory_budget` gives this size; None changes nothing."""
    if text is None:
        yield
        return
    size = parse_bytes(text, name)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(size)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def readable_bytes(size: int) -> str:
    """Write a size as people do.

    Examples
    --------
    >>> readable_bytes(3 * 2**30)
    '3.0 GB'
    """
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} GB"


def _machine_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN_MACHINE
