"""Open files as a `Dataset`, whatever their format and however many there are."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from pyarrow import dataset as scanning

from isthmus.errors import DataError
from isthmus.io.dataset import Dataset
from isthmus.io.failures import refusing
from isthmus.io.formats import Format, format_to_read, open_folder
from isthmus.io.formats.scanned import ScannedDataset
from isthmus.io.joined import JoinedDataset
from isthmus.io.paths import natural_order

PathLike: TypeAlias = str | os.PathLike[str]


def read(
    path: PathLike | Sequence[PathLike] | scanning.Dataset,
    *,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
) -> Dataset:
    r"""Open a file, a folder, or several files as one dataset.

    Tables are csv, tsv, parquet, feather and arrow files; arrays are npy, npz and IDX files;
    images are a folder of PNG or JPEG files of one size. Parquet, feather, npy, IDX and images
    stay on disk and are read a chunk at a time.

    Parameters
    ----------
    path : str, Path, sequence of these, or pyarrow.dataset.Dataset
        A file, a folder of images or of parquet files, a pattern such as ``"part-*.parquet"``,
        or several of these, joined in the order given. A pattern's files come in natural order.
        Parquet files may lie in subfolders, and names such as ``year=2024`` become columns.
    columns : sequence of str, optional
        The columns of a table to keep, in this order; by default all but those that hold an
        index of pandas'.
    exclude : sequence of str, optional
        Columns of a table to leave out.

    Returns
    -------
    Dataset
        Its `schema` and `n_rows` are known, its rows come from `chunks()`.

    Raises
    ------
    DataError
        A file is missing, damaged, of an unknown format, or does not agree with the others.
        Rows that stay on disk are checked as they are read.

    Warns
    -----
    DataWarning
        Cells of a text file are separated otherwise than its suffix promises, or a first column
        without a name is left out, being an index.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "heights.csv"
    >>> _ = file.write_text("name,metres\nEiger,3967\nJungfrau,4158\n")
    >>> dataset = read(file, exclude=["name"])
    >>> dataset.n_rows, dataset.schema.names
    (2, ('metres',))
    """
    if isinstance(path, scanning.Dataset):
        return _with_columns(_filled(ScannedDataset(path, "X")), columns, exclude)
    given = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    named = os.fspath(given[0]) if len(given) == 1 else None
    dataset = _filled(_open(_expanded(given), named))
    return _with_columns(dataset, columns, exclude)


def _filled(dataset: Dataset) -> Dataset:
    if dataset.n_rows == 0:
        state = "a header" if dataset.schema.names is not None else "a size"
        raise DataError(f"{dataset.source} has {state} but no rows: give a file with rows.")
    return dataset


def _expanded(given: Sequence[PathLike]) -> list[Path]:
    files: list[Path] = []
    for path in given:
        text = os.path.expanduser(os.fspath(path))
        with refusing(text, "a path", DataError):
            # A file may have a star or a bracket in its own name.
            if os.path.lexists(text):
                files.append(Path(text))
            elif glob.has_magic(text):
                matches = sorted(map(Path, glob.glob(text, recursive=True)), key=natural_order)
                if not matches:
                    raise DataError(f"{text} matches no file: check the pattern and the folder.")
                files.extend(matches)
            else:
                raise DataError(f"{text} does not exist: check the spelling and the folder.")
    if not files:
        raise DataError("No file is named: give a path, a pattern, or a sequence of paths.")
    return files


def _open(files: Sequence[Path], named: str | None) -> Dataset:
    n_more = len(files) - 1
    source = (named or f"{files[0]} and {n_more} more") if n_more else str(files[0])
    members: list[Dataset] = []
    # Neighbours of one kind are opened together: text that memory would not hold becomes one.
    for _, group in groupby(map(_with_format, files), key=lambda pair: type(pair[0])):
        formats, paths = zip(*group, strict=True)
        members += _open_alike(formats[0], paths, source)
    if len(members) == 1:
        return members[0]
    # Writers of many files leave some of them empty, and an empty csv has no types to agree on.
    filled = [member for member in members if member.n_rows > 0]
    return JoinedDataset(filled or members, source)


def _with_format(path: Path) -> tuple[Format | None, Path]:
    """Find out the format of a file; folders are asked later."""
    with refusing(str(path), "a data file", DataError):
        if path.is_dir():
            return None, path
        if not path.is_file():
            raise DataError(f"{path} is neither a file nor a folder: give a file on disk.")
        if path.stat().st_size == 0:
            raise DataError(f"{path} is empty (0 bytes): fetch or write it again.")
        return format_to_read(path), path


def _open_alike(found: Format | None, paths: Sequence[Path], source: str) -> Sequence[Dataset]:
    with refusing(source, "a data file", DataError):
        if found is None:
            return [open_folder(path) for path in paths]
        return found.open_several(paths, source)


def _with_columns(
    dataset: Dataset, columns: Sequence[str] | None, exclude: Sequence[str]
) -> Dataset:
    excluded = [exclude] if isinstance(exclude, str) else list(exclude)
    if columns is not None:
        dataset = dataset.select([columns] if isinstance(columns, str) else list(columns))
    if excluded:
        own = dataset.schema.names or ()
        dataset.select(excluded)  # names a column that is not there
        dataset = dataset.select([name for name in own if name not in set(excluded)])
    return dataset
