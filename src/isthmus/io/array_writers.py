"""Writers of arrays: .npy, .npz, IDX, and folders of PNG images, a chunk at a time."""

from __future__ import annotations

import gzip
import itertools
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Literal

import numpy as np
from PIL import Image

from isthmus.errors import DataError
from isthmus.io.idx import idx_header


def write_npy(path: Path, chunks: Iterable[np.ndarray]) -> int:
    """Write one array and give its number of rows."""
    with path.open("wb") as file:
        return _npy_into(file, chunks)


def write_npz(path: Path, chunks: Iterable[np.ndarray]) -> int:
    """Write one array under the name X and give its number of rows."""
    with tempfile.TemporaryFile(dir=path.parent) as plain:
        n_rows = _npy_into(plain, chunks)
        plain.seek(0)
        # A ZipInfo of our own has no date in it: the same rows give the same file.
        with (
            zipfile.ZipFile(path, "w") as archive,
            archive.open(zipfile.ZipInfo("X.npy"), "w", force_zip64=True) as member,
        ):
            shutil.copyfileobj(plain, member)
    return n_rows


def write_idx(path: Path, chunks: Iterable[np.ndarray]) -> int:
    """Write a plain IDX file and give its number of rows."""
    with path.open("wb") as file:
        return _idx_into(file, chunks)


def write_packed_idx(path: Path, chunks: Iterable[np.ndarray]) -> int:
    """Write a gzipped IDX file and give its number of rows."""
    with tempfile.TemporaryFile(dir=path.parent) as plain:
        n_rows = _idx_into(plain, chunks)
        plain.seek(0)
        with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            shutil.copyfileobj(plain, packed)
    return n_rows


def write_image_folder(path: Path, chunks: Iterable[np.ndarray]) -> int:
    """Write ``00000.png`` and so on into a new folder and give their number."""
    path.mkdir()
    number = 0
    for chunk in alike(chunks):
        for row in chunk:
            pixels = row[..., 0] if row.ndim == 3 and row.shape[2] == 1 else row
            Image.fromarray(np.ascontiguousarray(pixels)).save(path / f"{number:05}.png")
            number += 1
    return number


def alike(chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the chunks, all of the dtype and the shape of a row that the first one has."""
    first: np.ndarray | None = None
    for chunk in chunks:
        first = chunk if first is None else first
        if chunk.shape[1:] != first.shape[1:] or chunk.dtype != first.dtype:
            raise DataError(
                f"A later chunk has rows of {chunk.shape[1:]} and type {chunk.dtype}, the first "
                f"of {first.shape[1:]} and {first.dtype}: give chunks of one shape and type."
            )
        yield chunk


def _npy_into(file: IO[bytes], chunks: Iterable[np.ndarray]) -> int:
    return _into(file, chunks, _npy_header, "=")


def _idx_into(file: IO[bytes], chunks: Iterable[np.ndarray]) -> int:
    return _into(file, chunks, lambda file, shape, kind: file.write(idx_header(shape, kind)), ">")


def _into(
    file: IO[bytes],
    chunks: Iterable[np.ndarray],
    write_header: Callable[[IO[bytes], tuple[int, ...], np.dtype], object],
    byte_order: Literal["=", ">"],
) -> int:
    chunks = alike(chunks)
    first = next(chunks)
    dtype = first.dtype.newbyteorder(byte_order)
    # The number of rows is known only at the end; both headers keep their length when it changes.
    write_header(file, first.shape, dtype)
    start, n_rows = file.tell(), 0
    for chunk in itertools.chain([first], chunks):
        file.write(np.ascontiguousarray(chunk, dtype).data)
        n_rows += len(chunk)
    file.seek(0)
    write_header(file, (n_rows, *first.shape[1:]), dtype)
    assert file.tell() == start
    return n_rows


def _npy_header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"shape": shape, "fortran_order": False, "descr": dtype.str}
    )
