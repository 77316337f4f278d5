"""Coding stacks of images, all at once, pixel by pixel in the order of reading."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from isthmus.compression.images.context import History
from isthmus.compression.images.model import ImageModel
from isthmus.compression.integer_network import OUTPUT_UNIT
from isthmus.compression.rans import BITS, Decoder, encode, lanes_for
from isthmus.compression.softmax import slots_of
from isthmus.compression.threads import worker_threads

# Images of one chunk: few enough for a core's cache, enough for products of matrices.
_CHUNK = 1_024
_Place = tuple[int, int, int]  # row, column and channel


def encode_images(model: ImageModel, images: np.ndarray) -> bytes:
    """Encode images, ``(n, rows, columns, channels)`` uint8, places in the palette or values."""
    coded = images.transpose(1, 2, 3, 0)
    starts: list[np.ndarray] = []
    ends: list[np.ndarray] = []

    def choose(slots: np.ndarray, at: _Place, part: slice, number: int) -> np.ndarray:
        wanted = coded[at][part]
        if len(model.networks) > 1:
            wanted = wanted & 15 if number else wanted >> 4
        own = np.arange(len(wanted))
        starts.append(slots[wanted, own])
        ends.append(slots[wanted + np.uint8(1), own])
        return wanted

    _run(model, len(images), choose)
    first = np.concatenate([np.zeros(0, np.uint32), *starts])
    counts = np.concatenate([np.zeros(0, np.uint32), *ends]) - first
    n_bytes = (BITS * len(first) - float(np.log2(counts).sum())) / 8
    return encode(first, counts, lanes_for(int(n_bytes)))


def decode_images(model: ImageModel, data: bytes, n_images: int) -> np.ndarray:
    """Give the images back that `encode_images` encoded."""
    decoder = Decoder(data)

    def choose(slots: np.ndarray, *where: object) -> np.ndarray:
        def find(looked_at: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            own, lanes = slots[:, part], np.arange(len(looked_at))
            symbol = (own[1:-1] <= looked_at).sum(0, dtype=np.uint8)
            start = own[symbol, lanes]
            return symbol, start, own[symbol + np.uint8(1), lanes] - start

        return decoder.read(slots.shape[1], find).astype(np.uint8)

    images = _run(model, n_images, choose)
    decoder.finish()
    return images


def _run(model: ImageModel, n_images: int, choose: Callable[..., np.ndarray]) -> np.ndarray:
    """Go over all pixels: what comes next is chosen by the slots of its values."""
    raster = model.raster
    canvas = raster.canvas(n_images)
    inside = raster.inside(canvas)
    history = History(n_images if len(model.networks) > 1 else 0)
    parts = [slice(at, min(at + _CHUNK, n_images)) for at in range(0, n_images, _CHUNK)]
    places = product(range(raster.n_rows), range(raster.n_columns), range(raster.n_channels))

    def look(at: _Place, part: slice) -> tuple[np.ndarray, np.ndarray]:
        inputs = raster.inputs(canvas[..., part], at, model.most)
        return inputs, slots_of(model.networks[0](inputs), OUTPUT_UNIT)

    def look_closer(at: _Place, part: slice, inputs: np.ndarray, high: np.ndarray) -> np.ndarray:
        more = history.inputs(part, high, raster.expected(canvas[..., part], at))
        return slots_of(model.networks[1](np.concatenate([inputs, more])), OUTPUT_UNIT)

    with worker_threads() as pool:
        for place in places:
            seen = list(pool.map(partial(look, place), parts))
            values = [
                choose(slots, place, part, 0) for (_, slots), part in zip(seen, parts, strict=True)
            ]
            if len(model.networks) > 1:
                inputs = [own for own, _ in seen]
                closer = list(pool.map(partial(look_closer, place), parts, inputs, values))
                for number, (part, high) in enumerate(zip(parts, values, strict=True)):
                    low = choose(closer[number], place, part, 1)
                    history.add(part, high, low)
                    values[number] = (high << 4) | low
            inside[place] = np.concatenate(values) if values else 0
    return np.ascontiguousarray(inside.transpose(3, 0, 1, 2))
