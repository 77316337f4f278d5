"""Write rows in the format that the suffix names, whole or not at all."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
from PIL import Image

from isthmus.errors import DataError
from isthmus.io.atomic import replacing
from isthmus.io.dataset import Rows, Schema
from isthmus.io.idx import DTYPES, idx_header

WRITABLE = "csv, tsv, parquet, feather, npy, npz, idx, idx.gz, or a folder (no suffix) for images"

_TABLES = (".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow")
_IDX = (".idx", ".idx.gz", "-ubyte", "-ubyte.gz")
_ARRAYS = (".npy", ".npz", *_IDX)
_Writer: TypeAlias = Callable[[Path, Rows], None]


def check_writable(path: str | os.PathLike[str], schema: Schema | None = None) -> None:
    """Refuse a path that `write` could not write to, before any work is done.

    Parameters
    ----------
    path : str or Path
        Where to write.
    schema : Schema or None
        What rows would be written, if that is known.

    Raises
    ------
    DataError
        Unknown suffix, missing folder, or rows that the format cannot hold.
    """
    target = Path(path)
    suffix = _suffix(target)
    parent = target.absolute().parent
    if not parent.is_dir():
        raise DataError(f"{target} cannot be written: there is no folder {target.parent}.")
    if not os.access(parent, os.W_OK):
        raise DataError(f"{target} cannot be written: {target.parent} may not be written to.")
    if suffix == "":
        if target.is_dir() and any(target.iterdir()):
            raise DataError(f"{target} is a folder with files in it: name a new or empty folder.")
    elif target.is_dir():
        raise DataError(f"{target} is a folder: name a file.")
    if schema is None:
        return
    n_axes = len(schema.row_shape)
    dtype = schema.dtypes[0]
    if suffix in _TABLES and n_axes > 1:
        raise DataError(
            f"{target} cannot hold rows of {schema}, which are no table: "
            "choose npy, or a folder for images."
        )
    if suffix == "" and not _is_image(schema):
        raise DataError(
            f"{target} has no suffix, which asks for a folder of images, but the rows are "
            f"{schema}: add a suffix, one of {WRITABLE}."
        )
    if suffix in _IDX and (schema.names or dtype not in {kind.name for kind in DTYPES.values()}):
        raise DataError(f"{target} cannot hold rows of {schema}: choose npy or parquet.")


def write(
    path: str | os.PathLike[str],
    rows: Rows | Iterable[Rows],
    *,
    names: Sequence[str] | None = None,
) -> None:
    """Write rows in the format that the suffix of `path` names.

    Parameters
    ----------
    path : str or Path
        Where to write; what is there is replaced, except a folder with files in it.
    rows : array, arrow table, or iterable of them
        What to write; several chunks go one after the other.
    names : sequence of str or None
        Column names for an array in a table format; column0, column1, … by default.

    Raises
    ------
    DataError
        The format is unknown or cannot hold such rows.
    IsthmusError
        The file cannot be written.
    """
    target = Path(path)
    whole = _join(rows)
    suffix = _suffix(target)
    if isinstance(whole, pa.Table) and suffix in _ARRAYS:
        whole = np.column_stack([column.to_numpy() for column in whole.columns])
    elif isinstance(whole, np.ndarray) and suffix in _TABLES and whole.ndim == 2:
        names = names or [f"column{i}" for i in range(whole.shape[1])]
        whole = pa.table(list(whole.T.copy()), names=list(names))
    check_writable(target, _schema(whole))
    with replacing(target) as temporary:
        _WRITERS[suffix](temporary, whole)


def _suffix(path: Path) -> str:
    name = path.name.lower()
    known = [suffix for suffix in _WRITERS if suffix and name.endswith(suffix)]
    if known:
        return max(known, key=len)
    if path.suffix == "":
        return ""
    raise DataError(f"{path} has the unknown suffix {path.suffix!r}: choose {WRITABLE}.")


def _join(rows: Rows | Iterable[Rows]) -> Rows:
    if isinstance(rows, (np.ndarray, pa.Table)):
        return rows
    chunks = list(rows)
    if isinstance(chunks[0], pa.Table):
        return pa.concat_tables([chunk for chunk in chunks if isinstance(chunk, pa.Table)])
    return np.concatenate([np.asarray(chunk) for chunk in chunks])


def _schema(rows: Rows) -> Schema:
    if isinstance(rows, pa.Table):
        kinds = tuple(str(kind) for kind in rows.schema.types)
        return Schema(tuple(rows.column_names), kinds, (rows.num_columns,))
    return Schema(None, (rows.dtype.name,), tuple(rows.shape[1:]))


def _is_image(schema: Schema) -> bool:
    if schema.names is not None:
        return False
    if len(schema.row_shape) == 2:
        return schema.dtypes[0] in {"uint8", "uint16"}
    return len(schema.row_shape) == 3 and schema.row_shape[2] in {3, 4} and schema.dtypes == (
        "uint8",
    )


def _write_delimited(delimiter: str) -> _Writer:
    def write_it(path: Path, rows: Rows) -> None:
        options = pa.csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
        pa.csv.write_csv(rows, path, options)

    return write_it


def _write_npz(path: Path, rows: Rows) -> None:
    with open(path, "wb") as file:
        np.savez_compressed(file, X=np.asarray(rows))


def _write_npy(path: Path, rows: Rows) -> None:
    with open(path, "wb") as file:
        np.save(file, np.asarray(rows), allow_pickle=False)


def _write_idx(path: Path, rows: Rows) -> None:
    # The temporary name does not tell whether to compress; replacing() keeps the target's name
    # at its beginning.
    compressed = ".gz." in path.name
    array = np.asarray(rows)
    values = array.astype(array.dtype.newbyteorder(">")).tobytes()
    content = idx_header(array.shape, array.dtype) + values
    path.write_bytes(gzip.compress(content, mtime=0) if compressed else content)


def _write_images(path: Path, rows: Rows) -> None:
    path.mkdir()
    images = np.asarray(rows)
    width = max(5, len(str(len(images) - 1)))
    for number, image in enumerate(images):
        Image.fromarray(image).save(path / f"{number:0{width}}.png")


def _write_parquet(path: Path, rows: Rows) -> None:
    pq.write_table(rows, path)


def _write_feather(path: Path, rows: Rows) -> None:
    pa.feather.write_feather(rows, path)


_WRITERS: dict[str, _Writer] = {
    ".csv": _write_delimited(","),
    ".tsv": _write_delimited("\t"),
    ".parquet": _write_parquet,
    ".pq": _write_parquet,
    ".feather": _write_feather,
    ".arrow": _write_feather,
    ".npy": _write_npy,
    ".npz": _write_npz,
    **dict.fromkeys(_IDX, _write_idx),
    "": _write_images,
}
