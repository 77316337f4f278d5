"""Stacks of similar images of two values, exactly: contexts that are counted and mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.images.mixed import decode_mixed, encode_mixed
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


@final
@dataclass(frozen=True)
class ContextMixing(Codec):
    """Code stacks of small images of two values exactly, and store nothing that was learned.

    How often each value followed contexts of other pixels is counted while coding, and what the
    contexts say is mixed by weights that learn meanwhile. The images of a group are coded side by
    side; all before it are what it learns from. The model is the two values.
    """

    efforts = ("default", "small")
    turn = 1

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        if not is_stack(block):
            return False
        raster = raster_of(block.shape)
        values = block.view(np.uint8)
        either = (values == values.min()) | (values == values.max())
        return raster is not None and raster.n_channels == 1 and bool(either.all())

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        return np.unique(sample.view(np.uint8)).tobytes()

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        raster = raster_of(block.shape)
        assert raster is not None
        places, exceptions = to_places(block.view(np.uint8), np.frombuffer(model, np.uint8))
        return exceptions + encode_mixed(raster, as_images(places, raster)[..., 0])

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        raster = raster_of(shape)
        if len(model) not in (1, 2) or raster is None or raster.n_channels > 1:
            raise ArchiveError("the model of a stack of images of two values is damaged.")
        where, others, rest = read_exceptions(data, int(np.prod(shape)))
        places = decode_mixed(raster, rest, shape[0])
        values = np.frombuffer(model, np.uint8).take(places.ravel(), mode="clip")
        return as_block(values, (where, others), shape, dtype)
