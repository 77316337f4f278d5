"""Orders of numbers and of their bytes in which alike ones lie together."""

from __future__ import annotations

from math import prod

import numpy as np

from isthmus.compression.numbers import from_little_endian, little_endian


def by_columns(block: np.ndarray) -> np.ndarray:
    """Give all rows of the first number of each, then of the second, …: ``(numbers, rows)``."""
    return np.ascontiguousarray(block.reshape(len(block), -1).T)


def from_columns(columns: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Give the block back."""
    return np.ascontiguousarray(columns.reshape(prod(shape[1:]), shape[0]).T).reshape(shape)


def planes(block: np.ndarray) -> bytes:
    """Give the bytes of a block by their significance."""
    data = np.frombuffer(little_endian(block), np.uint8)
    return data.reshape(-1, block.dtype.itemsize).T.tobytes()


def from_planes(data: bytes, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Give the block back; ValueError if there are more or fewer bytes."""
    apart = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1)
    return from_little_endian(apart.T.tobytes(), dtype, shape)
