"""Values that are no measurements, taken out of a block and put back bit for bit.

These are NaN, the infinities, −0.0, and what stands for gaps in a file, such as −9999.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.varint import read_varint, varint
from isthmus.errors import ArchiveError


def is_special(block: np.ndarray, fills: Sequence[float]) -> np.ndarray:
    """Tell which values of a block are special: a boolean array of its shape."""
    if block.dtype.kind == "f":
        found = ~np.isfinite(block) | ((block == 0) & np.signbit(block))
    else:
        found = np.zeros(block.shape, bool)
    for fill in fills:
        found |= block == fill
    return found


def take_out(block: np.ndarray, fills: Sequence[float]) -> tuple[np.ndarray, bytes]:
    """Give a block with other values in place of its special ones, and those as bytes.

    What takes their place is the value before them, so that nothing has to be learned of it.
    """
    mask = is_special(block, fills)
    if not mask.any():
        return block, b""
    bits = block[mask].view(_bits_of(block.dtype))
    kinds, which = np.unique(bits, return_inverse=True)
    which = which.astype(np.uint8 if len(kinds) <= 256 else np.uint32)
    marks = pack(np.packbits(_changes(mask)).tobytes())
    which_packed = pack(little_endian(which)) if len(kinds) > 1 else b""
    head = varint(len(kinds)) + varint(len(which)) + varint(len(marks))
    return _filled(block, mask), head + little_endian(kinds) + marks + which_packed


def put_back(block: np.ndarray, data: bytes) -> np.ndarray:
    """Give a block with its special values."""
    mask, values = special_values(data, block.shape, block.dtype)
    whole = block.copy()
    whole[mask] = values
    return whole


def special_values(
    data: bytes, shape: tuple[int, ...], dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Give where the special values of a block are, and what they are."""
    n_kinds, at = read_varint(data, 0)
    n_values, at = read_varint(data, at)
    n_marks, at = read_varint(data, at)
    size = int(np.prod(shape))
    if not 0 < n_kinds <= n_values <= size:
        raise ArchiveError("the special values of a block are damaged.")
    bits = _bits_of(dtype)
    end = at + n_kinds * bits.itemsize
    try:
        kinds = from_little_endian(data[at:end], bits, (n_kinds,))
    except ValueError:
        raise ArchiveError("the special values of a block are cut off.") from None
    marks = unpack(data[end : end + n_marks], -(-size // 8))
    changes = np.unpackbits(np.frombuffer(marks, np.uint8), count=size)
    mask = np.logical_xor.accumulate(changes.astype(bool).reshape(len(changes) // _row(shape), -1))
    mask = mask.reshape(shape)
    which = np.zeros(n_values, int)
    if n_kinds > 1:
        own = np.dtype(np.uint8 if n_kinds <= 256 else np.uint32)
        which = from_little_endian(
            unpack(data[end + n_marks :], n_values * own.itemsize), own, (n_values,)
        )
    if np.count_nonzero(mask) != n_values or which.max(initial=0) >= n_kinds:
        raise ArchiveError("the special values of a block are damaged.")
    return mask, kinds[which].view(dtype)


def _changes(mask: np.ndarray) -> np.ndarray:
    """Tell where a row's mask differs from that of the row before: coasts stay where they are."""
    rows = mask.reshape(len(mask), -1)
    changes = rows.copy()
    changes[1:] ^= rows[:-1]
    return changes.reshape(-1)


def _row(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape[1:]))


def _filled(block: np.ndarray, mask: np.ndarray) -> np.ndarray:
    flat, special = block.reshape(-1), mask.reshape(-1)
    if special.all():
        return np.zeros_like(block)
    places = np.where(special, 0, np.arange(flat.size))
    np.maximum.accumulate(places, out=places)
    filled = flat[places]
    # Before the first of all others there is none.
    first = int(np.argmin(special))
    filled[:first] = flat[first]
    return filled.reshape(block.shape)


def _bits_of(dtype: np.dtype) -> np.dtype:
    return np.dtype(f"u{dtype.itemsize}")
