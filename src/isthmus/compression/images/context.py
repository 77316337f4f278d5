"""What the decoded pixels of an image say of the next one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isthmus.compression.integer_network import MOST_INPUT

_MARGIN = 4
_N_FLAGGED = 8
_N_CHANNELS = 4
# Of other channels: the pixel itself, and those beside and above.
_OF_OTHERS = [(0, 0), (0, -1), (-1, 0), (-1, -1), (-1, 1)]
ON = 64
Place = tuple[int, int, int]  # row, column and channel


@dataclass(frozen=True)
class Raster:
    """The shape of the images of a stack, and which pixels are seen from each.

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
    def n_seen(self) -> int:
        """How many pixels are seen, of all channels."""
        return len(self.offsets) + (self.n_channels - 1) * len(_OF_OTHERS)

    @property
    def n_inputs(self) -> int:
        """How many inputs a network has that sees only other pixels."""
        return self.n_seen + 2 * _N_FLAGGED + 3 + _N_CHANNELS

    def seen(self, at: Place) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give the rows, columns and channels of the pixels seen, as a canvas has them."""
        row, column, channel = at
        offsets, channels = self._around[channel]
        return offsets[0] + (_MARGIN + row), offsets[1] + (_MARGIN + column), channels

    @cached_property
    def _around(self) -> list[tuple[np.ndarray, np.ndarray]]:
        found = []
        for channel in range(self.n_channels):
            offsets = list(self.offsets)
            channels = [channel] * len(offsets)
            for step in range(1, self.n_channels):
                other = (channel + step) % self.n_channels
                decoded = _OF_OTHERS if other < channel else _OF_OTHERS[1:]
                # What is not decoded yet is zero, wherever it is looked for.
                offsets += decoded + [(0, 0)] * (len(_OF_OTHERS) - len(decoded))
                channels += [other] * len(_OF_OTHERS)
            found.append((np.array(offsets).T, np.array(channels)))
        return found


class Canvas:
    """A stack of images that is filled pixel by pixel, and what is seen of it.

    Parameters
    ----------
    raster : Raster
        The shape of the images.
    n_images : int
        How many there are.
    most : int
        The largest value that there is.
    """

    def __init__(self, raster: Raster, n_images: int, most: int) -> None:
        self.raster = raster
        rows, columns = raster.n_rows + _MARGIN, raster.n_columns + 2 * _MARGIN
        self._values = np.zeros((rows, columns, raster.n_channels, n_images), np.uint8)
        self._inputs = np.full(self._values.shape, -MOST_INPUT, np.int8)
        self._input_of = (2 * MOST_INPUT * np.arange(most + 1) // most - MOST_INPUT).astype(np.int8)
        self._high = most - most // 64

    @property
    def images(self) -> np.ndarray:
        """The images, ``(rows, columns, channels, n_images)`` uint8."""
        return self._values[_MARGIN:, _MARGIN:-_MARGIN]

    def fill(self, at: Place, part: slice, values: np.ndarray) -> None:
        """Put the values of one place into some images."""
        row, column, channel = at
        self._values[_MARGIN + row, _MARGIN + column, channel, part] = values
        self._inputs[_MARGIN + row, _MARGIN + column, channel, part] = self._input_of[values]

    def look(self, at: Place, part: slice) -> np.ndarray:
        """Give what is seen from one place in some images, ``(n, n_images)`` int8."""
        rows, columns, channels = self.raster.seen(at)
        n_seen = self.raster.n_seen
        inputs = self._inputs[rows, columns, channels, part]
        seen = np.empty((n_seen + 2 * _N_FLAGGED, inputs.shape[1]), np.int8)
        seen[:n_seen] = inputs
        near = slice(_N_FLAGGED)
        values = self._values[rows[near], columns[near], channels[near], part]
        flags = seen[n_seen:].reshape(2, _N_FLAGGED, -1)
        np.multiply((values > 0).view(np.int8), ON, out=flags[0])
        np.multiply((values >= self._high).view(np.int8), ON, out=flags[1])
        return seen

    def inputs(self, at: Place, seen: np.ndarray) -> np.ndarray:
        """Give the inputs of a network from what is seen, ``(n_inputs, n)`` float32."""
        row, column, channel = at
        inputs = np.empty((self.raster.n_inputs, seen.shape[1]), np.float32)
        inputs[: len(seen)] = seen
        rest = inputs[len(seen) :]
        rest[:] = 0
        rest[0] = 2 * MOST_INPUT * row // self.raster.n_rows - MOST_INPUT
        rest[1] = 2 * MOST_INPUT * column // self.raster.n_columns - MOST_INPUT
        rest[2] = ON
        rest[3 + channel] = ON
        return inputs

    def blank(self) -> np.ndarray:
        """Give what is seen where all is zero, as `look` does, of one image."""
        n_seen = self.raster.n_seen
        seen = np.zeros((n_seen + 2 * _N_FLAGGED, 1), np.int8)
        seen[:n_seen] = -MOST_INPUT
        return seen

    def is_blank(self, seen: np.ndarray) -> np.ndarray:
        """Tell where nothing but zeros is seen."""
        n_seen = self.raster.n_seen
        return (seen[:n_seen].max(0) == -MOST_INPUT) & (seen[n_seen:].max(0) == 0)

    def expected(self, at: Place, part: slice) -> np.ndarray:
        """Give the pixels to the left and above, and the median edge detector's prediction.

        References
        ----------
        Weinberger, Seroussi and Sapiro (2000), The LOCO-I lossless image compression algorithm.
        """
        row, column, channel = _MARGIN + at[0], _MARGIN + at[1], at[2]
        expected = np.empty((3, part.stop - part.start), np.int16)
        left, above, median = expected
        left[:] = self._values[row, column - 1, channel, part]
        above[:] = self._values[row - 1, column, channel, part]
        np.subtract(left + above, self._values[row - 1, column - 1, channel, part], out=median)
        np.maximum(median, np.minimum(left, above), out=median)
        np.minimum(median, np.maximum(left, above), out=median)
        return expected
