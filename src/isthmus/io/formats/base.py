"""What a format is: which files are of it, how they are read, and how rows are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.atomic import replacing
from isthmus.io.dataset import Dataset, Rows, Schema
from isthmus.io.failures import first_line, refusing
from isthmus.io.formats.chunks import as_matrices, as_tables
from isthmus.io.paths import suffix_of

_NUMBERS = ("bool", "int", "uint", "float", "double", "halffloat")


@dataclass(frozen=True, kw_only=True)
class Format(ABC):
    """A format of files or folders.

    Derive from `TableFormat` or `ArrayFormat` where rows are written as such, write `open` and
    `write`, and give one of its kind to `register`: reading, writing, the command line and the
    messages that list the formats know it from then on.

    Parameters
    ----------
    name : str
        Of two formats of one name the one that was registered last holds.
    reads : tuple of str
        Suffixes, in small letters and with their dot, of the files that `open` takes.
    writes : tuple of str
        Suffixes of what `write` makes, "" for a folder of a name without one.
    magic : bytes
        How a file begins, by which it is told where its suffix says nothing.
    folder : str
        What folders hold that `open_folder` takes or `write` makes, such as "images".
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    magic: bytes = b""
    folder: str = ""

    @abstractmethod
    def open(self, path: Path) -> Dataset:
        """Open a file; `DataError` says in one sentence what is wrong with it."""

    def open_several(self, paths: Sequence[Path], source: str) -> Sequence[Dataset]:
        """Open files that are read as one, which messages call `source`: one by one, or joined."""
        datasets: list[Dataset] = []
        for path in paths:
            with refusing(str(path), "a data file", DataError):
                datasets.append(self.open(path))
        return datasets

    def open_folder(self, path: Path) -> Dataset | None:
        """Open a folder, if there is something of this format in it."""
        return None

    def write(self, path: Path, chunks: Iterator[Any]) -> int:
        """Write chunks of rows to a place where nothing is, and give the number of rows."""
        raise NotImplementedError(f"{self.name} has suffixes that it writes, but no write method")

    def check(self, target: Path, schema: Schema) -> None:  # noqa: B027
        """Raise `DataError` if this format cannot hold such rows."""

    def check_place(self, target: Path, overwrite: bool) -> None:
        """Raise `DataError` if what is at this place may not be replaced."""
        if target.is_dir():
            raise DataError(f"{target} is a folder, expected a file: add a file name.")

    def converted(self, chunks: Iterable[Rows], names: Sequence[str] | None) -> Iterator[Rows]:
        """Turn chunks into those that `write` takes; `names` are for an array's columns."""
        return iter(chunks)

    def reads_name(self, path: Path) -> bool:
        """Tell by its name whether a file is of this format."""
        return suffix_of(path) in self.reads

    def writes_name(self, path: Path) -> bool:
        """Tell whether rows that go to this path are written in this format."""
        return suffix_of(path) in self.writes

    def has_content(self, path: Path, start: bytes) -> bool:
        """Tell by its first bytes whether a file is of this format."""
        return bool(self.magic) and start.startswith(self.magic)

    def write_whole(
        self, target: Path, chunks: Iterable[Rows], names: Sequence[str] | None = None
    ) -> int:
        """Write whole or not at all, in place of what is there, and give the number of rows."""
        try:
            with replacing(target) as temporary:
                return self.write(temporary, self.converted(chunks, names))
        except pa.ArrowException as error:
            raise DataError(
                f"{target} cannot hold these columns ({first_line(error)}): "
                "convert them, or choose another format such as .parquet."
            ) from error


@dataclass(frozen=True, kw_only=True)
class TableFormat(Format):
    """A format of named columns: `write` gets arrow tables."""

    def check(self, target: Path, schema: Schema) -> None:
        """Refuse rows of more than one axis."""
        if len(schema.row_shape) > 1:
            raise DataError(
                f"{target} would be a table, but the rows are arrays of {schema}: "
                "write an array such as .npy, or a folder of images."
            )

    def converted(self, chunks: Iterable[Rows], names: Sequence[str] | None) -> Iterator[pa.Table]:
        """Give arrays their column names."""
        return as_tables(chunks, names)


@dataclass(frozen=True, kw_only=True)
class ArrayFormat(Format):
    """A format of one array ``(rows, *row_shape)``: `write` gets NumPy arrays."""

    def check(self, target: Path, schema: Schema) -> None:
        """Refuse columns that are no numbers."""
        for name, found in zip(schema.names or (), schema.dtypes, strict=False):
            if not found.startswith(_NUMBERS):
                raise DataError(
                    f"{target} would be an array of numbers, but column {name!r} holds {found}: "
                    "leave it out, or write .csv or .parquet."
                )

    def converted(self, chunks: Iterable[Rows], names: Sequence[str] | None) -> Iterator[Any]:
        """Turn tables into matrices."""
        return as_matrices(chunks)
