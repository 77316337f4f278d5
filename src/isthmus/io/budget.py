"""How much memory rows may take: a share of the machine's, or what the user said."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isthmus.errors import IsthmusError

VARIABLE = "ISTHMUS_MEMORY"

_SHARE = 4
_CHUNK_SHARE = 32
# Models take 32, 1,024 or 8,192 rows in a call and fill up what is fewer.
_CHUNK_ROWS = (65_536, 32_768, 16_384, 8_192, 4_096, 1_024, 256, 32)
_LEAST = 2**20
# A machine sold with 16 GB tells of a little less.
_MISSING = 9 / 8
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_UNKNOWN_MACHINE = 8 * 2**30
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", re.IGNORECASE)


def memory_budget(n_processes: int = 1) -> int:
    """Give the bytes that rows may take: ISTHMUS_MEMORY, or a quarter of the machine's memory.

    That quarter is a power of two, so that like machines give the same one: the order in which
    rows are streamed depends on it.

    Parameters
    ----------
    n_processes : int
        How many share the quarter; ISTHMUS_MEMORY holds for each of them.

    Raises
    ------
    IsthmusError
        ISTHMUS_MEMORY is no size.
    """
    text = os.environ.get(VARIABLE)
    if text is not None:
        return parse_bytes(text, VARIABLE)
    share = int(machine_bytes() * _MISSING) // (_SHARE * n_processes)
    return max(_LEAST, 2 ** (share.bit_length() - 1))


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


def exact_bytes(size: int) -> str:
    """Write a size so that `parse_bytes` gives the same one.

    Examples
    --------
    >>> exact_bytes(2**31), exact_bytes(2**20 + 1)
    ('2GB', '1048577')
    """
    for unit in ("T", "G", "M"):
        if size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}B"
    return str(size)


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


def machine_bytes(root: Path = Path("/")) -> int:
    """Give the bytes of memory that this process may use.

    Parameters
    ----------
    root : Path
        Where the system's own files begin.
    """
    return min([_physical_bytes(), *_limits(root)])


def _physical_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN_MACHINE


def _limits(root: Path) -> Iterator[int]:
    """Yield the limits of the control groups around this process, of both versions."""
    for version, group in _groups(root):
        name = "memory.max" if version == 2 else "memory.limit_in_bytes"
        hierarchy = root / "sys/fs/cgroup" / ("" if version == 2 else "memory")
        # In a container the group is often named as the host sees it, and lies at the top here.
        inside = hierarchy / group.lstrip("/")
        for folder in (inside, *inside.parents):
            if folder.is_relative_to(hierarchy):
                yield from _limit(folder / name)


def _groups(root: Path) -> Iterator[tuple[int, str]]:
    """Yield the version and the path of the groups that count this process's memory."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield 2, path
        elif "memory" in controllers.split(","):
            yield 1, path


def _limit(file: Path) -> Iterator[int]:
    try:
        yield int(file.read_text())
    except (OSError, ValueError):  # there is none, or it says "max"
        return
