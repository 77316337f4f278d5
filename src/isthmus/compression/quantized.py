"""Numbers in whole steps of twice the error, as integers that compress."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.pcodec_numbers import Pcodec
from isthmus.compression.promise import EXACT, Promise
from isthmus.errors import ArchiveError

_MOST_STEPS = 2**50
_HEAD = struct.Struct("<dd")
_INTEGERS = np.dtype(np.int64)


@final
@dataclass(frozen=True)
class Quantized(Codec):
    """Rounded to steps just under twice the error, and the steps coded by pcodec."""

    turn = 0

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        if promise.exact or promise.by_column or block.size == 0 or block.dtype.kind not in "iuf":
            return False
        step = _step(block, promise)
        return step > 0 and _span(block) / step < _MOST_STEPS

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Choose how pcodec codes the steps."""
        return Pcodec().fit(_steps(sample, promise)[2], EXACT, effort)

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        least, step, steps = _steps(block, promise)
        return _HEAD.pack(least, step) + Pcodec().encode(model, steps, EXACT)

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        if len(data) < _HEAD.size:
            raise ArchiveError("a quantized block is cut off.")
        least, step = _HEAD.unpack_from(data)
        steps = Pcodec().decode(model, data[_HEAD.size :], shape, _INTEGERS, EXACT)
        # The product is rounded before the sum: both are separate operations on all machines.
        found = steps * step
        found += least
        if dtype.kind != "f":
            limits = np.iinfo(dtype)
            # The largest of 64 bits is none of the floats, which are rounded up.
            return np.clip(np.rint(found), limits.min, _below(limits.max)).astype(dtype)
        with np.errstate(over="ignore"):
            return found.astype(dtype)


def _steps(block: np.ndarray, promise: Promise) -> tuple[float, float, np.ndarray]:
    """Give the least value, the step, and each value as steps from there."""
    step = _step(block, promise)
    if not (step > 0 and _span(block) / step < _MOST_STEPS):
        step = 1.0  # another block than the sample; what is wrong becomes an exception
    least = float(block.min())
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.rint((block.astype(np.float64) - least) / step)
    return least, step, np.clip(steps, 0, _MOST_STEPS).astype(_INTEGERS)


def _step(block: np.ndarray, promise: Promise) -> float:
    """Give twice the error, less what the output's own dtype rounds."""
    if block.dtype.kind != "f":
        return 2.0 * np.floor(promise.largest) + 1
    largest = float(np.abs(block).max())
    return 2.0 * (promise.largest - largest * float(np.finfo(block.dtype).eps))


def _span(block: np.ndarray) -> float:
    return float(block.max()) - float(block.min())


def _below(largest: int) -> float:
    near = float(largest)
    return near if int(near) <= largest else float(np.nextafter(near, 0))
