"""IDX files, the format of MNIST: ``train-images-idx3-ubyte``, plain or gzipped.

A file is two zero bytes, a type, the number of axes, one big-endian 32-bit size for each axis,
and the numbers [1]_.

.. [1] Y. LeCun, C. Cortes, C. J. C. Burges. "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import re
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, final

import numpy as np

from isthmus.errors import DataError
from isthmus.io.dataset import Dataset, Schema
from isthmus.io.failures import refusing
from isthmus.io.formats.array_file import ArrayHeader, check_byte_count, open_array
from isthmus.io.formats.base import ArrayFormat
from isthmus.io.formats.chunks import write_array
from isthmus.io.formats.registry import register
from isthmus.io.formats.unpacking import ReadableBytes, check_claim, unpacked_array

_GZIP_MAGIC = b"\x1f\x8b"

_DTYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


# MNIST's own names: train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte.
_NAME = re.compile(r"(\.idx|idx\d+-u?[a-z]+|-ubyte)(\.gz)?$", re.IGNORECASE)


@final
@dataclass(frozen=True, kw_only=True)
class IdxFormat(ArrayFormat):
    """One array.

    Parameters
    ----------
    packed : bool
        Whether by gzip.
    """

    packed: bool

    def reads_name(self, path: Path) -> bool:
        return is_idx_name(path.name) and self.packed == (path.suffix.lower() == ".gz")

    def writes_name(self, path: Path) -> bool:
        return self.reads_name(path)

    def has_content(self, path: Path, start: bytes) -> bool:
        if not self.packed:
            return _is_idx(start)
        return start.startswith(_GZIP_MAGIC) and _is_idx(_unpacked_start(path))

    def open(self, path: Path) -> Dataset:
        """Open a plain file; a gzipped one is unpacked, on disk if it is large."""
        source = str(path)
        with refusing(source, "an IDX file", DataError):
            with path.open("rb") as file:
                packed = file.read(2) == _GZIP_MAGIC
            return _open_packed(path, source) if packed else _open_plain(path, source)

    def check(self, target: Path, schema: Schema) -> None:
        super().check(target, schema)
        known = [dtype.name for dtype in _DTYPES.values()]
        wrong = next((found for found in schema.dtypes if found not in known), None)
        if schema.names is None and wrong is not None:
            raise DataError(
                f"{target} cannot hold numbers of type {wrong}, as IDX knows only "
                f"{', '.join(known)}: write .npy, or convert the numbers."
            )

    def write(self, path: Path, chunks: Iterator[np.ndarray]) -> int:
        with path.open("wb") as file:
            if not self.packed:
                return write_array(file, chunks, _write_header, ">")
            with tempfile.TemporaryFile(dir=path.parent) as plain:
                n_rows = write_array(plain, chunks, _write_header, ">")
                plain.seek(0)
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                    shutil.copyfileobj(plain, packed)
            return n_rows


register(IdxFormat(name="idx", reads=(".idx",), writes=(".idx",), packed=False))
register(IdxFormat(name="idx.gz", reads=(".idx.gz",), writes=(".idx.gz",), packed=True))


def is_idx_name(name: str) -> bool:
    """Tell whether a file of this name is an IDX file, plain or gzipped.

    Examples
    --------
    >>> is_idx_name("train-images-idx3-ubyte.gz"), is_idx_name("images.csv")
    (True, False)
    """
    return _NAME.search(name) is not None


def _is_idx(start: bytes) -> bool:
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _DTYPES and start[3] > 0


def _unpacked_start(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            return file.read(4)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""


def _open_plain(path: Path, source: str) -> Dataset:
    with path.open("rb") as file:
        shape, dtype = _read_header(file, source)
        header = ArrayHeader(shape, dtype, file.tell())
    check_byte_count(source, shape, dtype, path.stat().st_size - header.offset)
    return open_array(path, source, header)


def _open_packed(path: Path, source: str) -> Dataset:
    try:
        with gzip.open(path, "rb") as file:
            shape, dtype = _read_header(file, source)
            header = ArrayHeader(shape, dtype, 0)
            # The header of a damaged file may claim anything; the file's own size bounds it.
            check_claim(source, header.n_bytes, path)
            return unpacked_array(file, source, header)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{source} is cut off or damaged inside its gzip packing: fetch or write it again."
        ) from error


def _read_header(file: ReadableBytes, source: str) -> tuple[tuple[int, ...], np.dtype]:
    start = file.read(4)
    if not _is_idx(start):
        raise DataError(
            f"{source} is not an IDX file: it starts with {start!r} instead of two zero bytes, "
            "a type and a number of axes, so check what it is and give it the right suffix."
        )
    sizes = file.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise DataError(f"{source} is cut off inside its header: fetch or write it again.")
    return struct.unpack(f">{start[3]}I", sizes), _DTYPES[start[2]]


def idx_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    r"""Give the bytes that precede the numbers, big-endian, of an array of this shape.

    Examples
    --------
    >>> idx_header((3, 2), np.dtype("uint8"))
    b'\x00\x00\x08\x02\x00\x00\x00\x03\x00\x00\x00\x02'
    """
    codes = {kind.newbyteorder("="): code for code, kind in _DTYPES.items()}
    return struct.pack(f">HBB{len(shape)}I", 0, codes[dtype.newbyteorder("=")], len(shape), *shape)


def _write_header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype) -> None:
    file.write(idx_header(shape, dtype))
