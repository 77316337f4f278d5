"""One block of numbers: coded, decoded again, and held against the promise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.promise import Promise
from isthmus.compression.special_values import is_special, put_back, take_out
from isthmus.compression.varint import joined, parted, read_varint, varint
from isthmus.errors import ArchiveError


def encode_block(
    codec: Codec, model: bytes, block: np.ndarray, promise: Promise, fills: Sequence[float]
) -> tuple[bytes, np.ndarray] | None:
    """Code a block, and give its bytes and what they decode to.

    None where the codec does not keep a promise of the same bits.
    """
    if promise.exact:
        coded = codec.encode(model, block, promise)
        found = codec.decode(model, coded, block.shape, block.dtype, promise)
        return (coded, block) if _same_bits(found, block) else None
    clean, special = take_out(block, fills)
    coded = codec.encode(model, clean, promise)
    found = codec.decode(model, coded, block.shape, block.dtype, promise)
    if special:
        found = put_back(found, special)
    wrong = ~within(found, block, promise.errors) & ~is_special(block, fills)
    exceptions = b""
    if wrong.any():
        found = found.copy()
        exceptions = _exceptions(block, wrong)
        found[wrong] = block[wrong]
    return joined(special, exceptions, coded), found


def decode_block(
    codec: Codec,
    model: bytes,
    data: bytes,
    shape: tuple[int, ...],
    dtype: np.dtype,
    promise: Promise,
) -> np.ndarray:
    """Give back what `encode_block` said that its bytes decode to."""
    if promise.exact:
        return codec.decode(model, data, shape, dtype, promise)
    special, exceptions, coded = parted(data, 3)
    found = codec.decode(model, coded, shape, dtype, promise)
    if special:
        found = put_back(found, special)
    return _with_exceptions(found, exceptions) if exceptions else found


def within(found: np.ndarray, block: np.ndarray, max_error: float | np.ndarray) -> np.ndarray:
    """Tell which values are as near as was promised; NaN never is."""
    if block.dtype.kind == "f":
        wide = np.float64
        with np.errstate(invalid="ignore", over="ignore"):
            return np.abs(found.astype(wide) - block.astype(wide)) <= max_error
    # The difference of any two integers of a type fits into the unsigned one of its size.
    unsigned = np.dtype(f"u{block.dtype.itemsize}")
    largest = np.maximum(found, block).view(unsigned)
    return largest - np.minimum(found, block).view(unsigned) <= np.asarray(max_error, np.float64)


def _exceptions(block: np.ndarray, wrong: np.ndarray) -> bytes:
    places = np.flatnonzero(wrong)
    steps = np.diff(places, prepend=0).astype(np.uint32)
    values = little_endian(block.reshape(-1)[places])
    return joined(varint(len(places)), pack(little_endian(steps)), pack(values))


def _with_exceptions(found: np.ndarray, data: bytes) -> np.ndarray:
    count, steps, values = parted(data, 3)
    n_places, _ = read_varint(count, 0)
    if n_places > found.size:
        raise ArchiveError("the exceptions of a block are damaged.")
    steps = from_little_endian(unpack(steps, 4 * n_places), np.dtype(np.uint32), (n_places,))
    places = np.cumsum(steps, dtype=np.int64)
    if n_places and places[-1] >= found.size:
        raise ArchiveError("the exceptions of a block lie outside of it.")
    whole = found.copy()
    dtype = found.dtype
    own = from_little_endian(unpack(values, n_places * dtype.itemsize), dtype, (n_places,))
    whole.reshape(-1)[places] = own
    return whole


def _same_bits(found: np.ndarray, block: np.ndarray) -> bool:
    return (found.dtype, found.shape) == (block.dtype, block.shape) and np.array_equal(
        np.ascontiguousarray(found).reshape(-1).view(np.uint8), block.reshape(-1).view(np.uint8)
    )
