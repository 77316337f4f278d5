"""Arrays inside of packed files: unpacked into memory, or onto disk where they are large."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

import numpy as np

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget, readable_bytes
from isthmus.io.dataset import ArrayDataset, Dataset
from isthmus.io.formats.array_file import ArrayHeader, check_byte_count, open_array
from isthmus.io.temporary import TemporaryFolder

# Deflate cannot pack more than 1,032 bytes into one: a claim beyond that is a lie, not a file.
_DEFLATE_LIMIT = 1032
_SHARE_IN_MEMORY = 4
_PIECE = 2**18


class ReadableBytes(Protocol):
    """What a plain file and an unpacking one have in common."""

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes."""
        ...


def check_claim(source: str, n_bytes: int, path: Path) -> None:
    """Raise `DataError` if a packed file says that it holds more than it can."""
    n_packed = path.stat().st_size
    if n_bytes > (n_packed + 1) * _DEFLATE_LIMIT:
        raise DataError(
            f"{source} claims {n_bytes:,} bytes, more than a file of {n_packed:,} bytes can hold: "
            "it is damaged, so fetch or write it again."
        )


def unpacked_array(file: ReadableBytes, source: str, header: ArrayHeader) -> Dataset:
    """Unpack numbers, of which just those that the header promises must follow.

    Parameters
    ----------
    file : file
        It unpacks as it is read, and stands at the first number.
    source : str
        What messages call the dataset.
    header : ArrayHeader
        What is promised.
    """
    if header.n_bytes > memory_budget() // _SHARE_IN_MEMORY:
        return _on_disk(file, source, header)
    content = np.empty(header.n_bytes, np.uint8)
    found = 0
    while found <= len(content) and (piece := file.read(_PIECE)):
        fitting = np.frombuffer(piece, np.uint8)[: len(content) - found]
        content[found : found + len(fitting)] = fitting
        found += len(piece)
    check_byte_count(source, header.shape, header.dtype, found)
    order = "F" if header.fortran_order else "C"
    return ArrayDataset(content.view(header.dtype).reshape(header.shape, order=order), source)


def _on_disk(file: ReadableBytes, source: str, header: ArrayHeader) -> Dataset:
    folder = TemporaryFolder()
    free = shutil.disk_usage(folder.path).free
    if header.n_bytes > free:
        raise DataError(
            f"{source} holds {readable_bytes(header.n_bytes)}, which are unpacked into "
            f"{folder.path.parent}, where {readable_bytes(free)} are free: set TMPDIR to a folder "
            "with more room, or save the array as .npy, which is read as it lies."
        )
    path = folder.path / "numbers"
    found = 0
    with path.open("wb") as numbers:
        while found <= header.n_bytes and (piece := file.read(_PIECE)):
            numbers.write(piece)
            found += len(piece)
    check_byte_count(source, header.shape, header.dtype, found)
    dataset = open_array(path, source, header._replace(offset=0))
    dataset.folder = folder
    return dataset
