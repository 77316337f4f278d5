"""A block of a field as bytes: in bins around what is predicted, or as levels, which are fewer."""

from __future__ import annotations

import numpy as np

from isthmus.compression.fields.arrangement import Arrangement
from isthmus.compression.fields.closed_loop import decode, decode_levels, encode, encode_levels
from isthmus.compression.fields.levels import Levels
from isthmus.compression.fields.predictor import Predictor
from isthmus.compression.fields.units import N_BYTES, Units
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

_BINS, _LEVELS = b"B", b"L"
# Bits a value, below which levels are not tried.
_LEAST_WORTH, _LEAST_RATE = 0.02, 1.0


def encode_block(
    arrangement: Arrangement,
    predictor: Predictor,
    units: Units,
    block: np.ndarray,
    promise: Promise,
) -> bytes:
    """Give the bytes of a block, whichever way takes fewer."""
    field = arrangement.field(block.shape)
    writer, _ = encode(predictor, arrangement.lay_out(units.count(block)), field)
    in_bins = _BINS + units.to_bytes() + writer.to_bytes()
    exact = promise.exact and block.dtype.kind == "f"
    if block.dtype.kind != "f" or (writer.n_bits < _LEAST_RATE * block.size and not exact):
        return in_bins
    covering = Levels.covering(block, units, promise)
    if covering is None or (covering[0].worth(covering[1]) < _LEAST_WORTH and not exact):
        return in_bins
    levels, wanted = covering
    writer = encode_levels(predictor, levels, arrangement.lay_out(wanted), field)
    as_levels = _LEVELS + units.to_bytes() + levels.to_bytes() + writer.to_bytes()
    return as_levels if exact else min(in_bins, as_levels, key=len)


def decode_block(
    arrangement: Arrangement,
    predictor: Predictor,
    data: bytes,
    shape: tuple[int, ...],
    dtype: np.dtype,
) -> np.ndarray:
    """Give the block of this shape and dtype back."""
    field = arrangement.field(shape)
    units, rest = Units.from_bytes(data[1 : 1 + N_BYTES]), data[1 + N_BYTES :]
    if data[:1] == _BINS:
        values = units.values(decode(predictor, rest, field), dtype)
    elif data[:1] == _LEVELS:
        levels, rest = Levels.from_bytes(rest, dtype, units)
        values = levels.values[decode_levels(predictor, levels, rest, field)]
    else:
        raise ArchiveError("a block of a field is neither in bins nor as levels.")
    return arrangement.bring_back(values, shape)
