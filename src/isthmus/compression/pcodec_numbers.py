"""pcodec: a compressor of columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from pcodec import (
    ChunkConfig,  # pyright: ignore[reportAttributeAccessIssue]
    standalone,  # pyright: ignore[reportAttributeAccessIssue]
)

from isthmus.compression.codec import Codec
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

# What it does not take comes as a kind of the same size that it does.
_STAND_INS = {np.dtype(np.int8): np.dtype(np.int16), np.dtype(np.uint8): np.dtype(np.uint16)}


@final
@dataclass(frozen=True)
class Pcodec(Codec):
    """Bins of numbers and of their differences, entropy-coded.

    References
    ----------
    Loncaric et al. (2025), Pcodec: better compression for numerical sequences.
    """

    levels: ClassVar[dict[str, int]] = {"fast": 4, "default": 8, "small": 12}

    quick = True

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return block.size > 0

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Keep the level."""
        return bytes([self.levels[effort]])

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        flat = block.reshape(-1)
        flat = flat.astype(_STAND_INS.get(flat.dtype, flat.dtype), copy=False)
        return standalone.simple_compress(flat, ChunkConfig(compression_level=model[0]))

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        found = np.empty(int(np.prod(shape)), _STAND_INS.get(dtype, dtype))
        try:
            progress = standalone.simple_decompress_into(data, found)
        except (RuntimeError, ValueError, TypeError):
            raise ArchiveError("a block that pcodec packed is damaged.") from None
        if progress.n_processed != found.size or not progress.finished:
            raise ArchiveError(
                "a block that pcodec packed holds more or fewer numbers than it says."
            )
        return found.astype(dtype, copy=False).reshape(shape)
