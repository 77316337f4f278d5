"""Blocks of numbers as stacks of images, whose values may be few."""

from __future__ import annotations

from math import isqrt

import numpy as np

from isthmus.compression.images.context import Raster
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.errors import ArchiveError

_LEAST_PIXELS = 1 << 13
_LEAST_IMAGES, _LEAST_SIDE, _MOST_SIDE, _MOST_CHANNELS = 16, 4, 512, 4
_LENGTH = np.dtype("<u4")


def is_stack(block: np.ndarray) -> bool:
    """Tell whether a block is a stack of images of uint8 or of bool that is large enough."""
    suits = block.dtype in (np.dtype(np.uint8), np.dtype(np.bool_))
    suits = suits and raster_of(block.shape) is not None
    return suits and len(block) >= _LEAST_IMAGES and block.size >= _LEAST_PIXELS


def raster_of(shape: tuple[int, ...]) -> Raster | None:
    """Give the shape of images; rows of a table whose length is a square are images, too."""
    sides: tuple[int, ...] = shape[1:]
    if len(sides) == 1 and isqrt(sides[0]) ** 2 == sides[0]:
        sides = (isqrt(sides[0]), isqrt(sides[0]))
    if len(sides) not in (2, 3):
        return None
    n_rows, n_columns, n_channels = (*sides, 1)[:3]
    fits = all(_LEAST_SIDE <= side <= _MOST_SIDE for side in (n_rows, n_columns))
    fits = fits and 1 <= n_channels <= _MOST_CHANNELS
    return Raster(n_rows, n_columns, n_channels) if fits else None


def as_images(values: np.ndarray, raster: Raster) -> np.ndarray:
    """Give values as ``(n, rows, columns, channels)``."""
    return values.reshape(-1, raster.n_rows, raster.n_columns, raster.n_channels)


def to_places(values: np.ndarray, palette: np.ndarray) -> tuple[np.ndarray, bytes]:
    """Give places in a palette, unless it is empty, and which values are not in it, packed."""
    if not len(palette):
        return values, np.zeros(2, _LENGTH).tobytes()
    places = np.minimum(np.searchsorted(palette, values), len(palette) - 1).astype(np.uint8)
    (missing,) = np.nonzero((palette[places] != values).ravel())
    packed = pack(missing.astype(_LENGTH).tobytes() + values.ravel()[missing].tobytes())
    return places, np.array([len(missing), len(packed)], _LENGTH).tobytes() + packed


def read_exceptions(data: bytes, n_values: int) -> tuple[np.ndarray, np.ndarray, bytes]:
    """Give which values are exceptions, these, and what follows what `to_places` packed."""
    head = 2 * _LENGTH.itemsize
    n, n_packed = np.frombuffer(data[:head].ljust(head, b"\0"), _LENGTH).tolist()
    if n > n_values or head + n_packed > len(data):
        raise ArchiveError("the exceptions of a block of images are damaged.")
    if not n:
        return np.zeros(0, int), np.zeros(0, np.uint8), data[head + n_packed :]
    found = unpack(data[head : head + n_packed], n * (_LENGTH.itemsize + 1))
    where = np.frombuffer(found, _LENGTH, n)
    if where.max() >= n_values:
        raise ArchiveError("the exceptions of a block of images are beyond its end.")
    return where, np.frombuffer(found, np.uint8, n, n * _LENGTH.itemsize), data[head + n_packed :]


def as_block(
    values: np.ndarray,
    exceptions: tuple[np.ndarray, np.ndarray],
    shape: tuple[int, ...],
    dtype: np.dtype,
) -> np.ndarray:
    """Give the block of this shape and dtype from all its values, of which some are exceptions."""
    where, others = exceptions
    values[where] = others
    if dtype == np.bool_ and values.max(initial=0) > 1:
        raise ArchiveError("a block of images has values that its dtype has not.")
    return values.reshape(shape).view(dtype)
