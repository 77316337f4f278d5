"""What a folder holds beside the files that are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from isthmus.io.paths import natural_order

# What systems and writers of many files leave in folders; nobody takes it for data.
_LEFT_BY_PROGRAMS = ("thumbs.db", "desktop.ini", "__macosx")
_MOST_NAMED = 6


def others_inside(folder: Path, suffixes: Sequence[str]) -> str:
    """List the files of other suffixes, and the subfolders that hold files of these; "" if none.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("0.png", "1.tif", "2.tif"):
    ...     (folder / name).touch()
    >>> others_inside(folder, [".png"])
    '2 .tif files'
    """
    entries = [entry for entry in folder.iterdir() if _counts(entry)]
    files = Counter(
        entry.suffix.lower()
        for entry in entries
        if entry.is_file() and entry.suffix.lower() not in suffixes
    )
    found = [
        f"{count:,} {suffix} file{'s'[: count > 1]}"
        if suffix
        else f"{count:,} file{'s'[: count > 1]} without a suffix"
        for suffix, count in files.most_common(_MOST_NAMED)
    ]
    if len(files) > _MOST_NAMED:
        n_more = files.total() - sum(count for _, count in files.most_common(_MOST_NAMED))
        found.append(f"{n_more:,} of other kinds")
    inside = [entry for entry in entries if entry.is_dir() and _holds(entry, suffixes)]
    if inside:
        first = min(inside, key=natural_order).name
        found.append(
            f"the subfolder {first!r} with files of such a kind"
            if len(inside) == 1
            else f"{len(inside):,} subfolders with files of such a kind ({first!r}, …)"
        )
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def _counts(entry: Path) -> bool:
    return not entry.name.startswith((".", "_")) and entry.name.lower() not in _LEFT_BY_PROGRAMS


def _holds(folder: Path, suffixes: Sequence[str]) -> bool:
    return any(file.suffix.lower() in suffixes for file in folder.rglob("*"))
