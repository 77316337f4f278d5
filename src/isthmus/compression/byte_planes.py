"""The bytes of numbers, all first ones, then all second ones, …: alike ones lie together."""

from __future__ import annotations

import numpy as np

from isthmus.compression.numbers import from_little_endian, little_endian


def planes(block: np.ndarray) -> bytes:
    """Give the bytes of a block by their significance."""
    data = np.frombuffer(little_endian(block), np.uint8)
    return data.reshape(-1, block.dtype.itemsize).T.tobytes()


def from_planes(data: bytes, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Give the block back; ValueError if there are more or fewer bytes."""
    apart = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1)
    return from_little_endian(apart.T.tobytes(), dtype, shape)
