"""Fields of numbers over space and time: a closed-loop, hierarchical, two-sided predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.fields.arrangement import MOST_AXES, Arrangement
from isthmus.compression.fields.block import decode_block, encode_block
from isthmus.compression.fields.levels import Levels
from isthmus.compression.fields.linear import best_arrangement
from isthmus.compression.fields.predictor import Predictor
from isthmus.compression.fields.units import Units
from isthmus.compression.promise import Promise

_LEAST_VALUES = 512
# What training leaves of the bytes that the network that ships takes, at best.
_TRAINING_GAINS = 0.6


@final
@dataclass(frozen=True)
class Fields(Codec):
    """Code numbers over space and time, floats within an error or whole numbers exactly.

    Values are coded from coarse to fine. Each is predicted from known values on both sides in
    space and time, linearly and then by a small network of integers, which also says how sure
    the prediction is; what remains is rounded as the promise allows, and entropy-coded.

    References
    ----------
    Ballé, Johnston and Minnen (2019), Integer networks for data compression with latent-variable
    models.
    """

    turn = 2

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        suits = block.dtype.kind in "iuf" and 1 <= block.ndim <= MOST_AXES
        # Columns with errors of their own are no field.
        suits = suits and not promise.by_column
        return suits and block.size >= _LEAST_VALUES and Units.suiting(block, promise) is not None

    def may_win(self, sample: np.ndarray, promise: Promise, n_bytes: int) -> bool:
        units = Units.suiting(sample, promise)
        assert units is not None
        _, bits = best_arrangement(units.count(sample))
        covering = Levels.covering(sample, units, promise) if sample.dtype.kind == "f" else None
        if covering is not None:
            bits -= max(covering[0].worth(covering[1]), 0.0)
        # Where much is left to code, training gains little.
        expected = bits if bits > 1 else _TRAINING_GAINS * bits
        return expected * sample.size / 8 < n_bytes

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        # JAX takes half a second to import, and whoever only decodes needs none of it.
        from isthmus.compression.fields.fitting import fit

        units = Units.suiting(sample, promise)
        assert units is not None
        arrangement, predictor = fit(units.count(sample), effort)
        return arrangement.to_bytes() + predictor.to_bytes()

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        arrangement, predictor = _read(model)
        # Another block than the sample may be wider, or hold what is no number. What comes back is
        # then held against it.
        if block.dtype.kind == "f" and not np.isfinite(block).all():
            block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        units = Units.suiting(block, promise) or Units.for_any(block)
        return encode_block(arrangement, predictor, units, block, promise)

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        arrangement, predictor = _read(model)
        return decode_block(arrangement, predictor, data, shape, dtype)


def _read(model: bytes) -> tuple[Arrangement, Predictor]:
    return Arrangement.from_bytes(model[:1]), Predictor.from_bytes(model[1:])
