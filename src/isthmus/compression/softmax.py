"""Probabilities from the outputs of an integer network, the same bits on every machine.

Powers of two come from a table made of square roots and products, which IEEE 754 rounds alike
everywhere, as it does the one division by which they are made to add up.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from isthmus.compression.rans import TOTAL

_STEPS_PER_BIT = 16
_MOST_BITS = 16
_LARGEST_WEIGHT = 1 << 15


def slots_of(outputs: np.ndarray, unit: int) -> np.ndarray:
    """Give the slots of symbols whose probabilities are powers of two.

    Parameters
    ----------
    outputs : ndarray of float32
        Whole numbers, ``(n_symbols, n)``: exponents in units.
    unit : int
        How many of the network's units are one.

    Returns
    -------
    ndarray of uint16
        Of shape ``(n_symbols + 1, n)``: the first slot of each symbol, of 2¹⁴, and the end. Each
        symbol has one slot at least.
    """
    below = outputs.max(0) - outputs
    below *= np.float32(_STEPS_PER_BIT / unit)
    np.minimum(below, _STEPS_PER_BIT * _MOST_BITS, out=below)
    weights = _powers().take(below.astype(np.int32))
    n_symbols = len(outputs)
    # Row by row: NumPy's own sum along the first axis is ten times slower.
    for symbol in range(1, n_symbols):
        weights[symbol] += weights[symbol - 1]
    weights *= np.float32(TOTAL - n_symbols) / weights[-1]
    slots = np.zeros((n_symbols + 1, outputs.shape[1]), np.uint16)
    slots[1:] = weights.astype(np.int32)
    slots[1:] += np.arange(1, n_symbols + 1, dtype=np.uint16)[:, None]
    slots[-1] = TOTAL
    return slots


@cache
def _powers() -> np.ndarray:
    root = np.float64(0.5)
    for _ in range(_STEPS_PER_BIT.bit_length() - 1):
        root = np.sqrt(root)
    n_steps = _STEPS_PER_BIT * _MOST_BITS
    powers = np.cumprod(np.concatenate([[1.0], np.full(n_steps, root)]))
    return np.floor(powers * _LARGEST_WEIGHT).astype(np.float32)
