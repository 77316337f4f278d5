"""Whether rows can be written to a place: asked before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from isthmus.errors import DataError
from isthmus.io.dataset import Schema
from isthmus.io.idx import DTYPES, is_idx_name

WRITABLE = (
    ".csv, .tsv, .parquet, .feather, .arrow, .npy, .npz, .idx, .idx.gz, "
    "or no suffix for a folder of images"
)

TABLE_FORMATS = ("csv", "tsv", "parquet", "feather")
FOLDER = "folder of images"

_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".npy": "npy",
    ".npz": "npz",
    "": FOLDER,
}
_IDX_DTYPES = tuple(dtype.name for dtype in DTYPES.values())
_NUMBERS = ("bool", "int", "uint", "float", "double", "halffloat")
_NESTED = ("list", "large_list", "fixed_size_list", "struct", "map", "dense_union", "sparse_union")


def check_writable(
    path: str | os.PathLike[str], schema: Schema | None = None, *, overwrite: bool = False
) -> None:
    """Raise unless `write` could write there; to be called before long work begins.

    Parameters
    ----------
    path : str or Path
        Where the rows will go.
    schema : Schema, optional
        What the rows will look like, if that is known already.
    overwrite : bool, default=False
        Whether a folder of images that is there may be replaced.

    Raises
    ------
    DataError
        Unknown suffix, no such folder, no permission, or rows that this format cannot hold.

    Examples
    --------
    >>> check_writable("codes.csv", Schema(None, ("float32",), (2,)))
    >>> check_writable("codes.xlsx")
    Traceback (most recent call last):
        ...
    isthmus.errors.DataError: codes.xlsx has the suffix '.xlsx', which Isthmus cannot write: \
choose one of .csv, .tsv, .parquet, .feather, .arrow, .npy, .npz, .idx, .idx.gz, or no suffix \
for a folder of images.
    """
    target = Path(path)
    kind = format_of(target)
    _check_place(target, kind, overwrite)
    if schema is not None:
        _check_rows(target, kind, schema)


def format_of(path: Path) -> str:
    """Name the format that a path asks for."""
    if is_idx_name(path.name):
        return "idx.gz" if path.suffix.lower() == ".gz" else "idx"
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise DataError(
            f"{path} has the suffix {path.suffix!r}, which Isthmus cannot write: "
            f"choose one of {WRITABLE}."
        )
    return kind


def _check_place(target: Path, kind: str, overwrite: bool) -> None:
    parent = Path(os.path.realpath(target)).parent
    if not parent.is_dir():
        raise DataError(f"{target} cannot be written: make the folder {parent} first.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise DataError(
            f"{target} cannot be written: the folder {parent} may not be written to, "
            "so choose another one."
        )
    if kind != FOLDER and target.is_dir():
        raise DataError(f"{target} is a folder, expected a file: add a file name.")
    if kind == FOLDER:
        _check_folder(target, overwrite)


def _check_folder(target: Path, overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise DataError(
            f"{target} is a file, expected a folder for images: add a suffix or choose another "
            "name."
        )
    inside = [file.name for file in target.iterdir()]
    if inside and not overwrite:
        raise DataError(
            f"{target} is a folder with files in it: choose another name, or allow overwriting."
        )
    foreign = next((name for name in inside if not name.lower().endswith(".png")), None)
    if foreign is not None:
        raise DataError(
            f"{target} holds {foreign}, which is no PNG image, so it is not replaced: "
            "choose another folder."
        )


def _check_rows(target: Path, kind: str, schema: Schema) -> None:
    if kind in TABLE_FORMATS:
        _check_table(target, kind, schema)
    elif kind == FOLDER:
        _check_images(target, schema)
    else:
        _check_array(target, kind, schema)


def _check_table(target: Path, kind: str, schema: Schema) -> None:
    if len(schema.row_shape) > 1:
        raise DataError(
            f"{target} would be a table, but the rows are arrays of {schema}: "
            "write them as .npy, .npz, .idx or a folder of images."
        )
    nested = next((found for found in schema.dtypes if found.startswith(_NESTED)), None)
    if kind in ("csv", "tsv") and nested is not None:
        raise DataError(
            f"{target} cannot hold a column of type {nested}, as a cell of text holds one value: "
            "write .parquet or .feather."
        )


def _check_images(target: Path, schema: Schema) -> None:
    channels = schema.row_shape[2:]
    grey = len(schema.row_shape) == 2 or channels == (1,)
    colour = channels in ((3,), (4,)) and schema.dtypes[0] == "uint8"
    if schema.names is not None or not (
        (grey and schema.dtypes[0] in ("uint8", "uint16")) or colour
    ):
        raise DataError(
            f"{target} would be a folder of PNG images, but the rows are {schema}, not uint8 or "
            "uint16 images: add a suffix such as .npy or .csv."
        )


def _check_array(target: Path, kind: str, schema: Schema) -> None:
    for name, found in zip(schema.names or (), schema.dtypes, strict=False):
        if not found.startswith(_NUMBERS):
            raise DataError(
                f"{target} would be an array of numbers, but column {name!r} holds {found}: "
                "leave it out, or write .csv or .parquet."
            )
    wrong = next((found for found in schema.dtypes if found not in _IDX_DTYPES), None)
    if kind.startswith("idx") and schema.names is None and wrong is not None:
        raise DataError(
            f"{target} cannot hold numbers of type {wrong}, as IDX knows only "
            f"{', '.join(_IDX_DTYPES)}: write .npy, or convert the numbers."
        )
