"""What the names of files tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def suffix_of(path: Path) -> str:
    """Give the suffix in small letters, with the one before it where a file is packed.

    Examples
    --------
    >>> suffix_of(Path("heights.v2.CSV")), suffix_of(Path("heights.csv.gz")), suffix_of(Path("a"))
    ('.csv', '.csv.gz', '')
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() + suffix if suffix == ".gz" else suffix


def files_with_suffix(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """List the files of a folder that end so and are not hidden, in natural order."""
    found = (
        file
        for file in folder.iterdir()
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    )
    return sorted(found, key=natural_order)


def natural_order(path: Path) -> list[tuple[int, int | str]]:
    """Give the sorting key that puts ``2.png`` before ``10.png``.

    Examples
    --------
    >>> sorted([Path("10.png"), Path("2.png"), Path("b.png")], key=natural_order)[0].name
    '2.png'
    """
    pieces = re.split(r"(\d+)", str(path))
    return [(0, int(piece)) if piece.isdecimal() else (1, piece) for piece in pieces if piece]
