"""pcodec: a compressor of columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar, final

import numpy as np
from pcodec import (
    ChunkConfig,  # pyright: ignore[reportAttributeAccessIssue]
    standalone,  # pyright: ignore[reportAttributeAccessIssue]
)

from isthmus.compression.byte_planes import by_columns, from_columns
from isthmus.compression.codec import Codec
from isthmus.compression.promise import Promise
from isthmus.compression.varint import joined, parted
from isthmus.errors import ArchiveError

# What it does not take comes as a kind of the same size that it does.
_STAND_INS = {np.dtype(np.int8): np.dtype(np.int16), np.dtype(np.uint8): np.dtype(np.uint16)}

_MOST_COLUMNS = 1_024


@final
@dataclass(frozen=True)
class Pcodec(Codec):
    """Bins of numbers and of their differences, entropy-coded.

    References
    ----------
    Loncaric et al. (2025), Pcodec: better compression for numerical sequences.
    """

    levels: ClassVar[dict[str, int]] = {"fast": 4, "default": 8, "small": 12}

    turn = 0

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return block.size > 0

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Keep the level, and whether each column is better coded by itself."""
        level = self.levels[effort]
        n_columns = prod(sample.shape[1:])
        if not 1 < n_columns <= _MOST_COLUMNS:
            return bytes([level, 0])
        sizes = [len(self.encode(bytes([level, apart]), sample, promise)) for apart in (0, 1)]
        return bytes([level, int(np.argmin(sizes))])

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        level, apart = model
        config = ChunkConfig(compression_level=level)
        numbers = block.astype(_STAND_INS.get(block.dtype, block.dtype), copy=False)
        if apart:
            packed = [standalone.simple_compress(own, config) for own in by_columns(numbers)]
            return joined(*packed)
        return standalone.simple_compress(numbers.reshape(-1), config)

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        if len(model) != 2:
            raise ArchiveError("the settings of pcodec are damaged.")
        own = _STAND_INS.get(dtype, dtype)
        if not model[1]:
            found = np.empty(prod(shape), own)
            _unpack(data, found)
            return found.astype(dtype, copy=False).reshape(shape)
        columns = np.empty((prod(shape[1:]), shape[0]), own)
        for column, packed in zip(columns, parted(data, len(columns)), strict=True):
            _unpack(packed, column)
        return from_columns(columns.astype(dtype, copy=False), shape)


def _unpack(data: bytes, numbers: np.ndarray) -> None:
    try:
        progress = standalone.simple_decompress_into(data, numbers)
    except (RuntimeError, ValueError, TypeError):
        raise ArchiveError("a block that pcodec packed is damaged.") from None
    if progress.n_processed != numbers.size or not progress.finished:
        raise ArchiveError("a block that pcodec packed holds more or fewer numbers than it says.")
