"""Reader of IDX files, the format of MNIST: ``train-images-idx3-ubyte``, plain or gzipped.

A file is two zero bytes, a type, the number of axes, one big-endian 32-bit size for each axis,
and the numbers [1]_.

.. [1] Y. LeCun, C. Cortes, C. J. C. Burges. "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np

from isthmus.errors import DataError
from isthmus.io.arrays import DEFLATE_LIMIT, check_byte_count
from isthmus.io.dataset import ArrayDataset
from isthmus.io.failures import refusing


class ReadableBytes(Protocol):
    """What a plain file and an unpacking one have in common."""

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes."""
        ...


GZIP_MAGIC = b"\x1f\x8b"

DTYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


# MNIST's own names: train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte.
_NAME = re.compile(r"(\.idx|idx\d+-u?[a-z]+|-ubyte)(\.gz)?$", re.IGNORECASE)


def is_idx_name(name: str) -> bool:
    """Tell whether a file of this name is an IDX file, plain or gzipped.

    Examples
    --------
    >>> is_idx_name("train-images-idx3-ubyte.gz"), is_idx_name("images.csv")
    (True, False)
    """
    return _NAME.search(name) is not None


def is_idx(start: bytes) -> bool:
    """Tell whether a file that starts with these four bytes is an IDX file."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in DTYPES and start[3] > 0


def read_idx(path: Path) -> ArrayDataset:
    """Map an IDX file, or read a gzipped one into memory."""
    source = str(path)
    with refusing(source, "an IDX file", DataError):
        with path.open("rb") as file:
            packed = file.read(2) == GZIP_MAGIC
        return _read_packed(path, source) if packed else _read_plain(path, source)


def _read_plain(path: Path, source: str) -> ArrayDataset:
    with path.open("rb") as file:
        shape, dtype = _header(file, source)
        offset = file.tell()
    check_byte_count(source, shape, dtype, path.stat().st_size - offset)
    if 0 in shape:
        return ArrayDataset(np.empty(shape, dtype), source)
    mapped = np.memmap(path, dtype, mode="r", offset=offset, shape=shape)
    return ArrayDataset(np.asarray(mapped), source, mapped=True)


def _read_packed(path: Path, source: str) -> ArrayDataset:
    try:
        with gzip.open(path, "rb") as file:
            shape, dtype = _header(file, source)
            expected = int(np.prod([*shape, dtype.itemsize], dtype=object))
            # The header of a damaged file may claim anything; the file's own size bounds it.
            possible = path.stat().st_size * DEFLATE_LIMIT
            content = file.read(min(expected, possible) + 1)
            found = len(content)
            while piece := file.read(1 << 20):
                found += len(piece)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{source} is cut off or damaged inside its gzip packing: fetch or write it again."
        ) from error
    check_byte_count(source, shape, dtype, found)
    return ArrayDataset(np.frombuffer(content, dtype).reshape(shape), source)


def _header(file: ReadableBytes, source: str) -> tuple[tuple[int, ...], np.dtype]:
    start = file.read(4)
    if not is_idx(start):
        raise DataError(
            f"{source} is not an IDX file: it starts with {start!r} instead of two zero bytes, "
            "a type and a number of axes, so check what it is and give it the right suffix."
        )
    sizes = file.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise DataError(f"{source} is cut off inside its header: fetch or write it again.")
    return struct.unpack(f">{start[3]}I", sizes), DTYPES[start[2]]


def idx_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    r"""Give the bytes that precede the numbers, big-endian, of an array of this shape.

    Examples
    --------
    >>> idx_header((3, 2), np.dtype("uint8"))
    b'\x00\x00\x08\x02\x00\x00\x00\x03\x00\x00\x00\x02'
    """
    codes = {kind.newbyteorder("="): code for code, kind in DTYPES.items()}
    return struct.pack(f">HBB{len(shape)}I", 0, codes[dtype.newbyteorder("=")], len(shape), *shape)
