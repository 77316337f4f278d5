"""Stacks of similar images, exactly: a causal network of integers over decoded neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.images.coding import decode_images, encode_images
from isthmus.compression.images.context_mixing import ContextMixing
from isthmus.compression.images.model import MOST_VALUES_AT_ONCE, ImageModel
from isthmus.compression.images.stack import (
    as_block,
    as_images,
    is_stack,
    raster_of,
    read_exceptions,
    to_places,
)
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

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
    turn = 3

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return is_stack(block)

    def may_win(self, sample: np.ndarray, promise: Promise, n_bytes: int) -> bool:
        # On no stack of two values that was tried did a network take less (docs/log.md).
        if ContextMixing().takes(sample, promise):
            return False
        return _NETWORK_GAINS * _bits_beside(sample) * sample.size / 8 < n_bytes

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        # JAX takes half a second to import, and whoever only decodes needs none of it.
        from isthmus.compression.images.fitting import fit

        values = sample.view(np.uint8)
        palette = np.unique(values)
        if len(palette) > MOST_VALUES_AT_ONCE:
            palette = palette[:0]
        places, _ = to_places(values, palette)
        raster = raster_of(sample.shape)
        assert raster is not None
        return fit(as_images(places, raster), palette, raster, effort).to_bytes()

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        fitted = ImageModel.from_bytes(model)
        values = block.view(np.uint8)
        places, exceptions = to_places(values, fitted.palette)
        return exceptions + encode_images(fitted, as_images(places, fitted.raster))

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        fitted = ImageModel.from_bytes(model)
        if raster_of(shape) != fitted.raster:
            raise ArchiveError("a block of images has another shape than its model.")
        where, others, rest = read_exceptions(data, int(np.prod(shape)))
        values = fitted.values(decode_images(fitted, rest, shape[0]).ravel())
        return as_block(values, (where, others), shape, dtype)


def _bits_beside(sample: np.ndarray) -> float:
    """Give the bits a pixel takes where those to the left and above are known, coarsely."""
    raster = raster_of(sample.shape)
    assert raster is not None
    pixels = as_images(sample.view(np.uint8)[:_N_TRIED], raster).astype(np.intp)
    coarse = pixels >> max(int(pixels.max()).bit_length() - _N_COARSE_BITS, 0)
    seen = (coarse[:, 1:, :-1] << _N_COARSE_BITS) | coarse[:, :-1, 1:]
    counts = np.bincount(((seen << 8) | pixels[:, 1:, 1:]).ravel(), minlength=1 << 16)
    table = counts.reshape(-1, 256).astype(float)
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    return float(-(table * np.log2(np.maximum(share, 1e-300))).sum() / table.sum())
