"""Which values an image has had so far."""

from __future__ import annotations

import numpy as np

from isthmus.compression.images.context import ON
from isthmus.compression.integer_network import MOST_INPUT

N_NIBBLE = 16
N_OF_LOW = 3 + 3 * N_NIBBLE
_MOST_COUNT = 7
# What one of 16 counts weighs.
_COUNT = 16
_FINE = 8
_NIBBLES = np.arange(N_NIBBLE, dtype=np.uint8)[:, None]


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
        # Of each high nibble of each image, next to each other.
        self._counts = np.zeros((n_images * N_NIBBLE, N_NIBBLE), np.uint8)
        self._last = np.full(n_images * N_NIBBLE, N_NIBBLE, np.uint8)

    def inputs(self, images: np.ndarray, high: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Give what the network of low nibbles sees beside the pixels, ``(51, n)`` float32.

        Parameters
        ----------
        images : ndarray of int
            Which images.
        high : ndarray of uint8
            Their high nibbles.
        expected : ndarray of int16
            What the values may be, ``(3, n)``.
        """
        inputs = np.empty((N_OF_LOW, len(high)), np.float32)
        fine = expected - N_NIBBLE * high.astype(np.int16)
        fine *= _FINE
        np.maximum(fine, -MOST_INPUT, out=fine)
        np.minimum(fine, MOST_INPUT, out=fine)
        inputs[:3] = fine
        own = images * N_NIBBLE + high
        kinds = np.empty((3, N_NIBBLE, len(high)), np.uint8)
        np.multiply((high == _NIBBLES).view(np.uint8), ON, out=kinds[0])
        np.multiply((self._last.take(own) == _NIBBLES).view(np.uint8), ON, out=kinds[1])
        np.multiply(self._counts.take(own, axis=0).T, _COUNT, out=kinds[2])
        inputs[3:] = kinds.reshape(3 * N_NIBBLE, -1)
        return inputs

    def add(self, images: np.ndarray, high: np.ndarray, low: np.ndarray) -> None:
        """Take note of pixels."""
        own = images * N_NIBBLE + high
        self._last[own] = low
        own *= N_NIBBLE
        own += low
        counts = self._counts.reshape(-1)
        counts[own] = np.minimum(counts.take(own) + np.uint8(1), _MOST_COUNT)
