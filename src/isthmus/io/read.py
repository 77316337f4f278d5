"""Open whatever a path names."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from isthmus.errors import DataError
from isthmus.io.arrays import read_npy, read_npz
from isthmus.io.columnar import FeatherDataset, ParquetDataset
from isthmus.io.dataset import Dataset
from isthmus.io.delimited import read_delimited
from isthmus.io.failures import refusing
from isthmus.io.idx import read_idx
from isthmus.io.images import ImageFolder
from isthmus.io.joined import JoinedDataset

PathLike: TypeAlias = str | os.PathLike[str]

_READERS: dict[str, Callable[[Path], Dataset]] = {
    ".csv": lambda path: read_delimited(path, str(path), ","),
    ".tsv": lambda path: read_delimited(path, str(path), "\t"),
    ".parquet": lambda path: ParquetDataset(path, str(path)),
    ".feather": lambda path: FeatherDataset(path, str(path)),
    ".npy": read_npy,
    ".npz": read_npz,
    ".idx": read_idx,
}
_READERS |= {
    ".csv.gz": _READERS[".csv"],
    ".tsv.gz": _READERS[".tsv"],
    ".pq": _READERS[".parquet"],
    ".arrow": _READERS[".feather"],
    ".idx.gz": read_idx,
    "-ubyte": read_idx,
    "-ubyte.gz": read_idx,
}

READABLE = "csv, tsv, parquet, feather, npy, npz, IDX (plain or .gz) or a folder of PNG/JPEG images"


def read(
    path: PathLike | Sequence[PathLike],
    *,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
) -> Dataset:
    """Open data files as one Dataset.

    Parameters
    ----------
    path : str, Path, or sequence of them
        A file, a folder of images, a glob pattern such as ``"part-*.parquet"``, or several of
        these, which must hold the same kind of rows. Formats: csv, tsv, parquet, feather, npy
        (memory-mapped), npz, IDX (plain or gzipped), and folders of PNG or JPEG images.
    columns : sequence of str or None
        Columns of a table to keep, in this order; all by default.
    exclude : sequence of str
        Columns of a table to leave out.

    Returns
    -------
    Dataset
        Knows its rows, column names, dtypes and the shape of a row.

    Raises
    ------
    DataError
        A file is missing, damaged or of an unknown kind. Nothing is ever unpickled.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> path = tempfile.mkdtemp() + "/points.npy"
    >>> np.save(path, np.zeros((5, 3), np.float32))
    >>> dataset = read(path)
    >>> dataset.n_rows, dataset.schema.row_shape
    (5, (3,))
    """
    several = isinstance(path, Sequence) and not isinstance(path, str)
    members = [_open(file) for file in _expand(path if several else [path])]
    dataset = members[0] if len(members) == 1 else JoinedDataset(members)
    if columns is not None:
        dataset = dataset.select(columns)
    if exclude:
        dataset._require(exclude)
        dataset = dataset.select([n for n in dataset.schema.names or () if n not in exclude])
    return dataset


def _expand(paths: Iterable[PathLike]) -> list[Path]:
    files = []
    for path in paths:
        text = os.fspath(path)
        if os.path.exists(text):
            files.append(Path(text))
        elif glob.has_magic(text):
            found = sorted(glob.glob(text))
            if not found:
                raise DataError(f"{text} matches no file: check the pattern and the folder.")
            files.extend(map(Path, found))
        else:
            raise DataError(f"{text} does not exist: check the path.")
    if not files:
        raise DataError("no file was given: name at least one.")
    return files


def _open(path: Path) -> Dataset:
    with refusing(str(path), "a data file", DataError):
        if path.is_dir():
            return ImageFolder(path)
        with path.open("rb") as file:
            start = file.read(4)
    if not start:
        raise DataError(f"{path} is empty (0 bytes): expected {READABLE}.")
    name = path.name.lower()
    suffix = max((s for s in _READERS if name.endswith(s)), key=len, default=None)
    reader = _READERS[suffix] if suffix else _reader_by_magic(start)
    if reader is None:
        raise DataError(
            f"{path} is of an unknown kind: expected {READABLE}, told apart by the suffix."
        )
    dataset = reader(path)
    if not dataset.n_rows or not dataset.schema.n_features:
        raise DataError(
            f"{path} has no {'columns' if dataset.n_rows else 'rows'}: there is nothing to read."
        )
    return dataset


def _reader_by_magic(start: bytes) -> Callable[[Path], Dataset] | None:
    """Recognise IDX files, which are often named without a suffix."""
    return read_idx if start[:2] in {b"\0\0", b"\x1f\x8b"} else None
