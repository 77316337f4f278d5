"""Which reader a file gets: told by its suffix, or else by its first bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from isthmus.errors import DataError
from isthmus.io.arrays import NPY_MAGIC, NPZ_MAGIC, read_npy, read_npz
from isthmus.io.columnar import FEATHER_MAGIC, PARQUET_MAGIC, FeatherDataset, ParquetDataset
from isthmus.io.dataset import Dataset
from isthmus.io.delimited import read_all_delimited, read_delimited
from isthmus.io.failures import refusing
from isthmus.io.idx import GZIP_MAGIC, is_idx, is_idx_name, read_idx
from isthmus.io.images import IMAGE_SUFFIXES, ImageFolder, files_with_suffix
from isthmus.io.joined import JoinedDataset
from isthmus.io.scanned import read_partitioned

Reader = Callable[[Path], Dataset]

READABLE = (
    ".csv, .tsv (or .gz of these), .parquet, .feather, .arrow, .npy, .npz, .idx, .idx.gz, "
    "or a folder of .png or .jpg images"
)

_TEXT = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_BY_SUFFIX: dict[str, Reader] = {
    **dict.fromkeys(_TEXT, read_delimited),
    ".parquet": ParquetDataset,
    ".pq": ParquetDataset,
    ".feather": FeatherDataset,
    ".arrow": FeatherDataset,
    ".npy": read_npy,
    ".npz": read_npz,
    ".idx": read_idx,
    ".idx.gz": read_idx,
    **dict.fromkeys(IMAGE_SUFFIXES, lambda path: ImageFolder(path, [path])),
}
_BY_START: dict[bytes, Reader] = {
    PARQUET_MAGIC: ParquetDataset,
    FEATHER_MAGIC: FeatherDataset,
    NPY_MAGIC: read_npy,
    NPZ_MAGIC: read_npz,
}


def open_path(path: Path) -> Dataset:
    """Open one file or folder, whatever its format."""
    with refusing(str(path), "a data file", DataError):
        if path.is_dir():
            return _open_folder(path)
        _refuse_no_content(path)
        return _reader_of(path)(path)


def open_paths(paths: Sequence[Path], source: str) -> Sequence[Dataset]:
    """Open several; neighbours that are text become one where memory would not hold them all."""
    datasets: list[Dataset] = []
    for is_text, group in groupby(paths, _is_text):
        files = list(group)
        if is_text:
            for file in files:
                with refusing(str(file), "a data file", DataError):
                    _refuse_no_content(file)
            datasets += read_all_delimited(files, source)
        else:
            datasets += map(open_path, files)
    return datasets


def _is_text(path: Path) -> bool:
    return _suffix(path) in _TEXT and not path.is_dir()


def _refuse_no_content(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder: give a file on disk.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes): fetch or write it again.")


def _open_folder(path: Path) -> Dataset:
    parts = files_with_suffix(path, (".parquet", ".pq"))
    if files_with_suffix(path, IMAGE_SUFFIXES):
        return ImageFolder(path)
    if not parts:
        inside = [file for file in path.rglob("*.parquet") if _is_visible(file.relative_to(path))]
        return read_partitioned(path, inside) if inside else ImageFolder(path)
    return JoinedDataset([ParquetDataset(part) for part in parts], str(path))


def _is_visible(path: Path) -> bool:
    # Spark and others keep what is not data in files that start with an underscore.
    return not any(part.startswith((".", "_")) for part in path.parts)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() + suffix if suffix == ".gz" else suffix


def _reader_of(path: Path) -> Reader:
    suffix = _suffix(path)
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if is_idx_name(path.name):
        return read_idx
    with path.open("rb") as file:
        start = file.read(8)
    reader = next((found for magic, found in _BY_START.items() if start.startswith(magic)), None)
    if reader is not None:
        return reader
    if is_idx(start) or (start.startswith(GZIP_MAGIC) and is_idx(_unpacked_start(path))):
        return read_idx
    kind = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
    raise DataError(
        f"{path} has {kind} and a content that is not recognised: expected one of {READABLE}."
    )


def _unpacked_start(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            return file.read(4)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""
