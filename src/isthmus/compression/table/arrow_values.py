"""Columns of arrow's as plain numbers, or as bytes of text, and back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.errors import ArchiveError
from isthmus.io.dataset import numpy_dtype

# What lies in memory as whole numbers of so many bits.
_AS_INTEGERS = {32: pa.int32(), 64: pa.int64()}


def is_text(kind: pa.DataType) -> bool:
    """Tell whether values are strings of characters or of bytes."""
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def numbers_kind(kind: pa.DataType) -> pa.DataType | None:
    """Give the type of numbers that stands for a type of values, if there is one."""
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return kind
    if pa.types.is_boolean(kind):
        return pa.uint8()
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return _AS_INTEGERS.get(kind.bit_width)
    return None


def numbers_dtype_of(kind: pa.DataType) -> np.dtype:
    """Give the dtype of the numbers that stand for a type of values."""
    own = numbers_kind(kind)
    if own is None:
        raise ArchiveError("a column has a type that its numbers cannot stand for.")
    return numpy_dtype(own)


def numbers_of(array: pa.Array) -> np.ndarray:
    """Give values as numbers; what is missing is 0."""
    own = numbers_kind(array.type)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    elif own != array.type:
        array = array.view(own)
    if array.null_count:
        array = pc.fill_null(array, pa.scalar(0, own))  # pyright: ignore
    return np.ascontiguousarray(array.to_numpy(zero_copy_only=False))


def from_numbers(numbers: np.ndarray, gaps: np.ndarray | None, kind: pa.DataType) -> pa.Array:
    """Give the values back; `gaps` tells which are missing."""
    own = numbers_kind(kind)
    if own is None:
        raise ArchiveError("a column has a type that its numbers cannot stand for.")
    array = pa.array(numbers, own, mask=gaps)
    if pa.types.is_floating(kind) and gaps is None and array.null_count:
        raise ArchiveError("a column of floats is damaged.")
    return array.cast(kind) if pa.types.is_boolean(kind) else array.view(kind)


def text_of(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Give the length of each text in bytes, and the bytes of all; what is missing is empty."""
    binary = array.cast(pa.large_binary())
    if binary.null_count:
        binary = pc.fill_null(binary, b"")  # pyright: ignore
    _, offsets, data = binary.buffers()
    ends = np.frombuffer(offsets, np.int64, len(binary) + 1, 8 * binary.offset)
    size = int(ends[-1] - ends[0])
    own = np.frombuffer(data, np.uint8, size, int(ends[0])) if size else np.empty(0, np.uint8)
    return np.diff(ends).astype(np.uint32), own


def from_text(
    lengths: np.ndarray, data: np.ndarray, gaps: np.ndarray | None, kind: pa.DataType
) -> pa.Array:
    """Give the texts back; `gaps` tells which are missing."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] != len(data):
        raise ArchiveError("the texts of a column are longer or shorter than they say.")
    validity = None if gaps is None else pa.array(~gaps).buffers()[1]
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    found = pa.Array.from_buffers(pa.large_binary(), len(lengths), buffers)
    # Casting to text checks that it is UTF-8.
    return found.cast(kind)
