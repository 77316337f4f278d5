"""How much memory this machine has, or a container or a job scheduler leaves of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_UNKNOWN = 8 * 2**30


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
        return _UNKNOWN


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
