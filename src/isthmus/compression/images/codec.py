"""Stacks of similar images, exactly: a causal network of integers over decoded neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import final

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.images.coding import decode_images, encode_images
from isthmus.compression.images.context import Raster
from isthmus.compression.images.model import MOST_VALUES_AT_ONCE, ImageModel
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

_LEAST_PIXELS = 1 << 13
_LEAST_IMAGES, _LEAST_SIDE, _MOST_SIDE, _MOST_CHANNELS = 16, 4, 512, 4
_LENGTH = np.dtype("<u4")
_N_TRIED, _N_COARSE_BITS = 2_000, 4
# What is left of the bytes that knowing two neighbours coarsely gives, at best.
_NETWORK_GAINS = 0.5


@final
@dataclass(frozen=True)
class Images(Codec):
    """Code stacks of small images of uint8 or of two values exactly.

    The images of a block are coded side by side, each pixel under probabilities that a small
    network of integers gives from the pixels around that came before, in two nibbles, or at once
    where there are few values. Rows of a table whose length is a square may be images, too.
    """

    efforts = ("default", "small")
    turn = 1

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        raster = _raster_of(block.shape)
        suits = block.dtype in (np.dtype(np.uint8), np.dtype(np.bool_)) and raster is not None
        return suits and len(block) >= _LEAST_IMAGES and block.size >= _LEAST_PIXELS

    def may_win(self, sample: np.ndarray, promise: Promise, n_bytes: int) -> bool:
        return _NETWORK_GAINS * _bits_beside(sample) * sample.size / 8 < n_bytes

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        # JAX takes half a second to import, and whoever only decodes needs none of it.
        from isthmus.compression.images.fitting import fit

        values = sample.view(np.uint8)
        palette = np.unique(values)
        if len(palette) > MOST_VALUES_AT_ONCE:
            palette = palette[:0]
        places, _ = _places(values, palette)
        raster = _raster_of(sample.shape)
        assert raster is not None
        return fit(_as_images(places, raster), palette, raster, effort).to_bytes()

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        fitted = ImageModel.from_bytes(model)
        values = block.view(np.uint8)
        places, exceptions = _places(values, fitted.palette)
        return exceptions + encode_images(fitted, _as_images(places, fitted.raster))

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        fitted = ImageModel.from_bytes(model)
        if _raster_of(shape) != fitted.raster:
            raise ArchiveError("a block of images has another shape than its model.")
        n_values = int(np.prod(shape))
        where, exceptions, rest = _read_exceptions(data, n_values)
        values = fitted.values(decode_images(fitted, rest, shape[0]).ravel())
        values[where] = exceptions
        if dtype == np.bool_ and values.max(initial=0) > 1:
            raise ArchiveError("a block of images has values that its dtype has not.")
        return values.reshape(shape).view(dtype)


def _bits_beside(sample: np.ndarray) -> float:
    """Give the bits a pixel takes where those to the left and above are known, coarsely."""
    raster = _raster_of(sample.shape)
    assert raster is not None
    pixels = _as_images(sample.view(np.uint8)[:_N_TRIED], raster).astype(np.intp)
    coarse = pixels >> max(int(pixels.max()).bit_length() - _N_COARSE_BITS, 0)
    seen = (coarse[:, 1:, :-1] << _N_COARSE_BITS) | coarse[:, :-1, 1:]
    counts = np.bincount(((seen << 8) | pixels[:, 1:, 1:]).ravel(), minlength=1 << 16)
    table = counts.reshape(-1, 256).astype(float)
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    return float(-(table * np.log2(np.maximum(share, 1e-300))).sum() / table.sum())


def _raster_of(shape: tuple[int, ...]) -> Raster | None:
    sides: tuple[int, ...] = shape[1:]
    if len(sides) == 1 and isqrt(sides[0]) ** 2 == sides[0]:
        sides = (isqrt(sides[0]), isqrt(sides[0]))
    if len(sides) not in (2, 3):
        return None
    n_rows, n_columns, n_channels = (*sides, 1)[:3]
    fits = all(_LEAST_SIDE <= side <= _MOST_SIDE for side in (n_rows, n_columns))
    fits = fits and 1 <= n_channels <= _MOST_CHANNELS
    return Raster(n_rows, n_columns, n_channels) if fits else None


def _as_images(values: np.ndarray, raster: Raster) -> np.ndarray:
    return values.reshape(-1, raster.n_rows, raster.n_columns, raster.n_channels)


def _places(values: np.ndarray, palette: np.ndarray) -> tuple[np.ndarray, bytes]:
    """Give places in the palette, and which values are not in it, packed."""
    if not len(palette):
        return values, np.zeros(2, _LENGTH).tobytes()
    places = np.minimum(np.searchsorted(palette, values), len(palette) - 1).astype(np.uint8)
    (missing,) = np.nonzero((palette[places] != values).ravel())
    packed = pack(missing.astype(_LENGTH).tobytes() + values.ravel()[missing].tobytes())
    return places, np.array([len(missing), len(packed)], _LENGTH).tobytes() + packed


def _read_exceptions(data: bytes, n_values: int) -> tuple[np.ndarray, np.ndarray, bytes]:
    """Give which values are exceptions, these, and what follows."""
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
