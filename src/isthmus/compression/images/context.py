"""What the decoded pixels of an image say of the next one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isthmus.compression.integer_network import MOST_INPUT

N_NIBBLE = 16
_MARGIN = 4
_N_FLAGGED = 8
_N_CHANNELS = 4
# Of other channels: the pixel itself, and those beside and above.
_OF_OTHERS = [(0, 0), (0, -1), (-1, 0), (-1, -1), (-1, 1)]
_ON = 64
_MOST_COUNT = 7
# What one of 16 counts weighs.
_COUNT = 16
_FINE = 8


@dataclass(frozen=True)
class Raster:
    """The shape of the images of a stack, and in which order their pixels are coded.

    Parameters
    ----------
    n_rows, n_columns, n_channels : int
        The shape of an image.
    """

    n_rows: int
    n_columns: int
    n_channels: int

    @cached_property
    def offsets(self) -> list[tuple[int, int]]:
        """Rows and columns of the pixels seen in the same channel, the nearest first."""
        reach = _MARGIN if self.n_channels == 1 else _MARGIN - 1
        before = [(0, -i) for i in range(1, reach + 1)]
        above = [(-i, j) for i in range(1, reach + 1) for j in range(-reach, reach + 1)]
        return sorted(before + above, key=lambda at: (at[0] ** 2 + at[1] ** 2, at))

    @property
    def n_inputs(self) -> int:
        """How many inputs a network has that sees only other pixels."""
        others = (self.n_channels - 1) * len(_OF_OTHERS)
        return len(self.offsets) + 2 * _N_FLAGGED + others + 3 + _N_CHANNELS

    def canvas(self, n_images: int) -> np.ndarray:
        """Give an empty stack with margins, ``(rows, columns, channels, n_images)`` uint8."""
        rows, columns = self.n_rows + _MARGIN, self.n_columns + 2 * _MARGIN
        return np.zeros((rows, columns, self.n_channels, n_images), np.uint8)

    def inside(self, canvas: np.ndarray) -> np.ndarray:
        """Give the part of a canvas that the images take."""
        return canvas[_MARGIN:, _MARGIN:-_MARGIN]

    def inputs(self, canvas: np.ndarray, at: tuple[int, int, int], most: int) -> np.ndarray:
        """Give the inputs for the pixels of all images at one place, ``(n_inputs, n)`` float32.

        Parameters
        ----------
        canvas : ndarray of uint8
            Of which all before the place is known.
        at : tuple of int
            Row, column and channel.
        most : int
            The largest value that there is.
        """
        row, column, channel = at
        seen = [self._pixel(canvas, at, offset) for offset in self.offsets]
        for step in range(1, self.n_channels):
            other = (channel + step) % self.n_channels
            decoded = _OF_OTHERS if other < channel else _OF_OTHERS[1:]
            seen += [self._pixel(canvas, (row, column, other), offset) for offset in decoded]
            seen += [np.zeros_like(seen[0])] * (len(_OF_OTHERS) - len(decoded))
        n_seen = len(seen)
        inputs = np.zeros((self.n_inputs, canvas.shape[-1]), np.float32)
        for number, pixels in enumerate(seen):
            inputs[number] = pixels
        flagged = inputs[:_N_FLAGGED]
        np.multiply(flagged > 0, _ON, out=inputs[n_seen : n_seen + _N_FLAGGED])
        high = inputs[n_seen + _N_FLAGGED : n_seen + 2 * _N_FLAGGED]
        np.multiply(flagged >= most - most // 64, _ON, out=high)
        # A whole number of 254ths, rounded down alike everywhere.
        values = inputs[:n_seen]
        values *= 2 * MOST_INPUT
        values /= most
        np.floor(values, out=values)
        values -= MOST_INPUT
        rest = inputs[n_seen + 2 * _N_FLAGGED :]
        rest[0] = 2 * MOST_INPUT * row // self.n_rows - MOST_INPUT
        rest[1] = 2 * MOST_INPUT * column // self.n_columns - MOST_INPUT
        rest[2] = _ON
        rest[3 + channel] = _ON
        return inputs

    def expected(self, canvas: np.ndarray, at: tuple[int, int, int]) -> list[np.ndarray]:
        """Give the pixels to the left and above, and the median edge detector's prediction.

        References
        ----------
        Weinberger, Seroussi and Sapiro (2000), The LOCO-I lossless image compression algorithm.
        """
        left, above, corner = (
            self._pixel(canvas, at, offset).astype(np.int16)
            for offset in ((0, -1), (-1, 0), (-1, -1))
        )
        low, high = np.minimum(left, above), np.maximum(left, above)
        return [left, above, np.clip(left + above - corner, low, high)]

    def _pixel(
        self, canvas: np.ndarray, at: tuple[int, int, int], offset: tuple[int, int]
    ) -> np.ndarray:
        row, column, channel = at
        return canvas[_MARGIN + row + offset[0], _MARGIN + column + offset[1], channel]


N_OF_LOW = 3 + 3 * N_NIBBLE


class History:
    """Which low nibbles followed each high nibble in an image so far.

    Scanned drawings use few of all grey values, and each other ones: so does a black that is 253
    in one image and 254 in the next.

    Parameters
    ----------
    n_images : int
        How many images there are.
    """

    def __init__(self, n_images: int) -> None:
        self._images = np.arange(n_images)
        self._counts = np.zeros((n_images, N_NIBBLE, N_NIBBLE), np.uint8)
        self._last = np.full((n_images, N_NIBBLE), N_NIBBLE, np.uint8)

    def inputs(self, part: slice, high: np.ndarray, expected: list[np.ndarray]) -> np.ndarray:
        """Give what the network of low nibbles sees beside the pixels, ``(51, n)`` float32.

        Parameters
        ----------
        part : slice
            Which images.
        high : ndarray of int
            Their high nibbles.
        expected : list of ndarray of int16
            What the values may be.
        """
        images = self._images[part]
        inputs = np.empty((N_OF_LOW, len(high)), np.float32)
        for number, values in enumerate(expected):
            fine = _FINE * (values - N_NIBBLE * high)
            inputs[number] = np.clip(fine, -MOST_INPUT, MOST_INPUT)
        nibbles = np.arange(N_NIBBLE)[:, None]
        kinds = inputs[3:].reshape(3, N_NIBBLE, -1)
        np.multiply(high == nibbles, _ON, out=kinds[0])
        np.multiply(self._last[images, high] == nibbles, _ON, out=kinds[1])
        counts = self._counts.reshape(-1, N_NIBBLE).take(images * N_NIBBLE + high, axis=0)
        np.multiply(counts.T, _COUNT, out=kinds[2], casting="unsafe")
        return inputs

    def add(self, part: slice, high: np.ndarray, low: np.ndarray) -> None:
        """Take note of pixels."""
        images = self._images[part]
        self._last[images, high] = low
        counts = self._counts[images, high, low]
        self._counts[images, high, low] = counts + (counts < _MOST_COUNT)
