"""Coding stacks of images of two values by contexts that are mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from isthmus.compression.images.context import Raster
from isthmus.compression.images.mixing import MOST_AT_ONCE, REACH, Mixer, offsets
from isthmus.compression.rans import BITS, TOTAL, Decoder, encode, lanes_for

# Images are coded side by side: at least so many, a third of those before, and no more than can be.
_FEWEST, _SHARE = 16, 3
_Choose = Callable[[np.ndarray, tuple[slice, int, int]], np.ndarray]


def encode_mixed(raster: Raster, images: np.ndarray) -> bytes:
    """Encode images of 0 and 1, ``(n, rows, columns)`` uint8."""
    coded = np.ascontiguousarray(images.transpose(1, 2, 0))
    starts, frequencies = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]

    def choose(ones: np.ndarray, at: tuple[slice, int, int]) -> np.ndarray:
        group, row, column = at
        wanted = coded[row, column, group]
        start, frequency = _slots(wanted, TOTAL - ones)
        starts.append(start)
        frequencies.append(frequency)
        return wanted

    _run(raster, len(images), choose)
    counts = np.concatenate(frequencies)
    n_bytes = (BITS * len(counts) - float(np.log2(counts).sum())) / 8
    return encode(np.concatenate(starts), counts, lanes_for(int(n_bytes)))


def decode_mixed(raster: Raster, data: bytes, n_images: int) -> np.ndarray:
    """Give the images back that `encode_mixed` encoded."""
    decoder = Decoder(data)

    def choose(ones: np.ndarray, at: tuple[slice, int, int]) -> np.ndarray:
        zeros = TOTAL - ones

        def find(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            own = zeros[part]
            symbols = (slots >= own).view(np.uint8)
            return symbols, *_slots(symbols, own)

        return decoder.read(len(ones), find).astype(np.uint8)

    images = _run(raster, n_images, choose)
    decoder.finish()
    return images


def _slots(symbols: np.ndarray, zeros: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the first slots of symbols and how many they have, as 0 has the first ones."""
    return symbols * zeros, np.where(symbols, TOTAL - zeros, zeros)


def _run(raster: Raster, n_images: int, choose: _Choose) -> np.ndarray:
    """Go over all images, group by group, and all pixels: what comes is chosen by its slots."""
    images = np.zeros((n_images, raster.n_rows, raster.n_columns), np.uint8)
    mixer = Mixer(raster.n_rows, raster.n_columns, images.size)
    for group in _groups(n_images):
        n = group.stop - group.start
        canvas = np.zeros((raster.n_rows + REACH, raster.n_columns + 2 * REACH, n), np.uint8)
        for row in range(raster.n_rows):
            above = _above(canvas, row)
            left = np.zeros(n, np.uint64)
            for column in range(raster.n_columns):
                ones = mixer.look(above[column] | left, row, column)
                values = choose(ones, (group, row, column))
                mixer.learn(values)
                canvas[REACH + row, REACH + column] = values
                left = ((left << _ONE) | values) & _LEFT
        images[group] = canvas[REACH:, REACH:-REACH].transpose(2, 0, 1)
    return images


_ONE, _LEFT = np.uint64(1), np.uint64((1 << REACH) - 1)


def _groups(n_images: int) -> Iterator[slice]:
    at = 0
    while at < n_images:
        end = min(at + min(max(at // _SHARE, _FEWEST), MOST_AT_ONCE), n_images)
        yield slice(at, end)
        at = end


def _above(canvas: np.ndarray, row: int) -> np.ndarray:
    """Give what is seen above each pixel of a row, as bits, ``(columns, n)`` uint64."""
    n_columns = canvas.shape[1] - 2 * REACH
    above = np.zeros((n_columns, canvas.shape[2]), np.uint64)
    for bit, (rows, columns) in enumerate(offsets()):
        if rows:
            first = REACH + columns
            pixels = canvas[REACH + row + rows, first : first + n_columns]
            above |= pixels.astype(np.uint64) << np.uint64(bit)
    return above
