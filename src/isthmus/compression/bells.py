"""Bell-shaped probabilities of whole numbers on 64 scales, the same bits on every machine.

Student's distribution with four degrees of freedom needs only sums, products, quotients and square
roots, which IEEE 754 rounds alike everywhere; there is no exp or log here. Numbers on large scales
are split: the high part follows the bell, the low bits are uniform.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from isthmus.compression.rans import TOTAL

N_SCALES = 64
SCALES_PER_OCTAVE = 5
LEAST_SCALE = 0.05
_MOST_REACH = 126
_OCTAVE = (1.0, 1.1487, 1.3195, 1.5157, 1.7411)
_LARGEST_UNSPLIT = 16.0
_REACH = 8
_MOST_T = 64.0


class Bells(NamedTuple):
    """The tables of all scales.

    Parameters
    ----------
    starts : ndarray of uint32
        The first slot of each symbol, ``(64, 256)``: symbol i is the number ``i - reach``, and
        symbol ``2 reach + 1`` an escape; then ends.
    reaches : ndarray of int32
        The largest number of each scale.
    n_low_bits : ndarray of int32
        How many low bits of a number are uniform.
    symbols : ndarray of uint8
        The symbol that holds each slot, ``(64 × 2¹⁴,)``.
    """

    starts: np.ndarray
    reaches: np.ndarray
    n_low_bits: np.ndarray
    symbols: np.ndarray


def scale_of(index: int) -> float:
    """Give a scale by its index, in units of the numbers."""
    octave, step = divmod(index, SCALES_PER_OCTAVE)
    return LEAST_SCALE * _OCTAVE[step] * 2**octave


def reach_of(scale: float) -> int:
    """Give the largest number that has a symbol of its own on a scale."""
    return min(int(_REACH * scale) + 2, _MOST_REACH)


@cache
def bells() -> Bells:
    """Make the tables, once."""
    starts = np.full((N_SCALES, 2 * _MOST_REACH + 4), TOTAL, np.uint32)
    reaches = np.zeros(N_SCALES, np.int32)
    n_low_bits = np.zeros(N_SCALES, np.int32)
    symbols = np.empty((N_SCALES, TOTAL), np.uint8)
    for index in range(N_SCALES):
        scale = scale_of(index)
        while scale > _LARGEST_UNSPLIT:
            scale /= 2
            n_low_bits[index] += 1
        reach = reach_of(scale)
        # Low bits are cut off by rounding down, so that the high part stands for more above it.
        centre = 0.5 - 0.5 / 2.0 ** n_low_bits[index]
        edges = np.arange(-reach, reach + 1) - 0.5 + centre
        n_symbols = 2 * reach + 2
        below = student_below(edges / scale)
        below[0] = 0.0
        starts[index, : n_symbols - 1] = np.floor(below * (TOTAL - n_symbols)) + np.arange(
            n_symbols - 1
        )
        # The escape takes what lies beyond on either side.
        beyond = 1 - student_below(np.array([(reach + 0.5) / scale]))[0]
        starts[index, n_symbols - 1] = TOTAL - 1 - int(beyond * (TOTAL - n_symbols))
        counts = np.diff(starts[index, : n_symbols + 1].astype(int))
        symbols[index] = np.repeat(np.arange(n_symbols), counts)
        reaches[index] = reach
    return Bells(starts, reaches, n_low_bits, symbols.ravel())


def student_below(t: np.ndarray) -> np.ndarray:
    """Give the probability of less than `t` under Student's distribution of four degrees."""
    # Further out, rounding could make it fall where it should rise.
    t = np.minimum(np.maximum(t, -_MOST_T), _MOST_T)
    square = t * t
    root = np.sqrt(1 + square / 4)
    return 0.5 + 0.375 * (t / root) * (1 - square / (12 * (1 + square / 4)))
