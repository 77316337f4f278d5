"""The table of formats: each takes its place in it when its module is imported."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from isthmus.errors import DataError, DataWarning
from isthmus.io.dataset import Dataset, Schema
from isthmus.io.formats.base import Format
from isthmus.io.formats.folders import others_inside
from isthmus.io.formats.foreign import foreign_kind
from isthmus.io.paths import files_with_suffix

AnyFormat = TypeVar("AnyFormat", bound=Format)

_START_BYTES = 64

_formats: dict[str, Format] = {}


def register(new: AnyFormat) -> AnyFormat:
    """Make a format known; where several claim a file, the one registered last has it."""
    _formats[new.name] = new
    return new


def format_to_read(path: Path) -> Format:
    """Give the format of a file: told by its suffix, or else by its first bytes.

    Raises
    ------
    DataError
        The content is that of another kind of file than the suffix says, or of an unknown one.
    """
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    foreign = foreign_kind(path, start)
    if foreign is not None:
        raise DataError(f"{path} is {foreign[0]}, which cannot be read: {foreign[1]}.")
    by_name = next((known for known in _last_first() if known.reads_name(path)), None)
    by_content = next((known for known in _last_first() if known.has_content(path, start)), None)
    found = by_name or by_content
    if found is None:
        kind = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
        raise DataError(
            f"{path} has {kind} and a content that is not recognised: expected one of {readable()}."
        )
    if by_content is not None and by_content.magic and not found.has_content(path, start):
        raise DataError(
            f"{path} has the suffix {path.suffix!r}, but its content is that of a "
            f"{by_content.reads[0]} file: give it that suffix."
        )
    return found


def format_to_write(path: Path) -> Format:
    """Give the format that a path asks for."""
    found = next((known for known in _last_first() if known.writes_name(path)), None)
    if found is None:
        raise DataError(
            f"{path} has the suffix {path.suffix!r}, which Isthmus cannot write: "
            f"choose one of {writable()}."
        )
    return found


def open_folder(path: Path) -> Dataset:
    """Open a folder in the format of what is in it."""
    for known in _last_first():
        dataset = known.open_folder(path)
        if dataset is not None:
            _tell_what_is_left_out(path, known)
            return dataset
    suffixes = [suffix for known in _formats.values() if known.folder for suffix in known.reads]
    others = others_inside(path, suffixes)
    if not others:
        raise DataError(
            f"{path} is a folder without {_folders()}: put some into it, or name a file."
        )
    raise DataError(
        f"{path} is a folder without {_folders()}, and has only {others}: convert them, or name "
        f"those of subfolders by a pattern such as {str(path / '*' / '*.png')!r}."
    )


def _tell_what_is_left_out(folder: Path, known: Format) -> None:
    # Where a folder has no files of its own, those of its subfolders were read.
    if files_with_suffix(folder, known.reads) and (others := others_inside(folder, known.reads)):
        warnings.warn(
            f"{folder} was read without {others}: of a folder only its own "
            f"{', '.join(known.reads)} files are taken, so name files or a pattern for others.",
            DataWarning,
            stacklevel=2,
        )


def suffixes_in_folders() -> set[str]:
    """Give the suffixes of the files that are read where their folder is named."""
    return {suffix for known in _formats.values() if known.folder for suffix in known.reads}


def readable() -> str:
    """List what can be read, as a sentence does."""
    suffixes = sorted(suffix for known in _formats.values() for suffix in known.reads)
    return f"{', '.join(suffixes)}, or a folder of {_folders()}"


def writable(schema: Schema | None = None) -> str:
    """List what can be written, or what can hold such rows, as a sentence does."""
    formats = [known for known in _formats.values() if schema is None or _holds(known, schema)]
    suffixes = sorted(suffix for known in formats for suffix in known.writes if suffix)
    folders = [known.folder for known in formats if "" in known.writes]
    of_folders = f", or no suffix for a folder of {' or '.join(folders)}" if folders else ""
    return ", ".join(suffixes) + of_folders


def _holds(known: Format, schema: Schema) -> bool:
    try:
        known.check(Path("rows"), schema)
    except DataError:
        return False
    return True


def _folders() -> str:
    return " or ".join(sorted(known.folder for known in _formats.values() if known.folder))


def _last_first() -> Iterator[Format]:
    return reversed(_formats.values())
