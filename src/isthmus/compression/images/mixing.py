"""Mixing what many contexts say of the next pixel of two values, by weights that learn meanwhile.

Counts of both values are kept for each context; their logarithms of odds are added up with weights
that every pixel corrects, so nothing is fitted before and nothing is stored. All is whole numbers,
which float64 carries exactly in any order of adding; tables of logarithms and powers are made of
whole numbers and of square roots and quotients, which IEEE 754 rounds alike everywhere.

References
----------
Mahoney (2005), Adaptive weighing of context models for lossless data compression; Knoll and
de Freitas (2012), A machine learning perspective on predictive coding with PAQ8.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from isthmus.compression.rans import BITS, TOTAL

# The pixels of a context are the nearest ones of those to the left and above: how many, and
# whether it is of one place or row only.
_CONTEXTS = (
    *((n, "") for n in (8, 12, 16, 20, 25, 31, 40)),
    *((n, "place") for n in (0, 4, 8, 16)),
    (10, "row"),
)
_N_CONTEXTS = len(_CONTEXTS)
# The most pixels that are looked at at once.
MOST_AT_ONCE = 1_024
REACH = 4
_WIDTH = 2 * REACH + 1
N_SEEN = REACH + REACH * _WIDTH
_MOST_TABLE_BITS, _LEAST_TABLE_BITS = 20, 10
_MOST_COUNT = 255
# Odds are read in 1/256 of a bit, weights in 2⁻¹⁶.
_ODDS_UNIT, _WEIGHT_BITS = 256, 16
_MOST_ODDS = 13 * _ODDS_UNIT
_FIRST_WEIGHT, _MOST_WEIGHT = 0.15, 1 << 24
# Two pixels to the left and three above choose a set of weights.
_N_NEAR = 5
_ABOVE = np.uint64(REACH + REACH - 1)
_ONE, _TWO = np.uint64(1), np.uint64(2)
_LEFT_TWO, _ABOVE_THREE = np.uint64(3), np.uint64(7)
_RATE_BITS = 15
# So many pixels that are corrected for at once teach as much as they would one by one.
_TOGETHER = 8
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LANES = np.arange(MOST_AT_ONCE)


def offsets() -> list[tuple[int, int]]:
    """Give rows and columns of the pixels seen, in the order of their bits from the lowest."""
    before = [(0, -i) for i in range(1, REACH + 1)]
    return before + [(-i, j) for i in range(1, REACH + 1) for j in range(REACH, -REACH - 1, -1)]


class Mixer:
    """Counts and weights, which are the same wherever the same pixels came before.

    Parameters
    ----------
    n_rows, n_columns : int
        The shape of an image.
    n_pixels : int
        How many there are in all.
    """

    def __init__(self, n_rows: int, n_columns: int, n_pixels: int) -> None:
        bits = min(max(n_pixels.bit_length() - 1, _LEAST_TABLE_BITS), _MOST_TABLE_BITS)
        self._n_columns = n_columns
        self._where = _places(n_rows, n_columns)
        self._shift = np.uint64(64 - bits)
        self._first = (np.arange(_N_CONTEXTS) << bits)[:, None]
        # How often the value was 1 in the high half, and how often there was one in the low.
        self._counts = np.zeros(_N_CONTEXTS << bits, np.int32)
        start = np.zeros((2 * _N_CONTEXTS + 1, 1))
        start[:_N_CONTEXTS] = np.floor(_FIRST_WEIGHT * (1 << _WEIGHT_BITS))
        self._of_place = np.zeros((n_rows * n_columns, len(start)))
        self._of_near = np.repeat(start, 1 << _N_NEAR, axis=1)

    def look(self, seen: np.ndarray, row: int, column: int) -> np.ndarray:
        """Give how many of 2¹⁴ slots the value 1 has for pixels at one place of images.

        Parameters
        ----------
        seen : ndarray of uint64
            The pixels seen, as bits in the order of `offsets`.
        row, column : int
            The place.
        """
        if column == 0:
            # So that sums of products stay far below 2⁵³, whatever a file says.
            np.clip(self._of_near, -_MOST_WEIGHT, _MOST_WEIGHT, out=self._of_near)
        place = row * self._n_columns + column
        keys = seen & _masks()
        keys ^= self._where[place]
        keys *= _MULTIPLIER
        keys >>= self._shift
        at = keys.view(np.int64)
        at += self._first
        counts = self._counts.take(at)
        n, ones = counts & 0xFFFF, counts >> 16
        odds, shares = _tables()
        inputs = np.empty((2 * _N_CONTEXTS + 1, len(seen)))
        np.subtract(odds.take(ones), odds.take(n - ones), out=inputs[:_N_CONTEXTS])
        np.multiply(shares.take(n), 2 * ones - n, out=inputs[_N_CONTEXTS:-1])
        np.floor(inputs[_N_CONTEXTS:-1], out=inputs[_N_CONTEXTS:-1])
        inputs[-1] = _ODDS_UNIT
        near = (seen >> _ABOVE) & _ABOVE_THREE
        near <<= _TWO
        near |= seen & _LEFT_TWO
        near = near.view(np.int64)
        total = (self._of_near.take(near, axis=1) * inputs).sum(0)
        total += self._of_place[place] @ inputs
        total *= 2.0**-_WEIGHT_BITS
        np.floor(total, out=total)
        np.maximum(total, -_MOST_ODDS, out=total)
        np.minimum(total, _MOST_ODDS, out=total)
        slots = _slots().take(total.astype(np.int64) + _MOST_ODDS)
        self._last = place, at, n, near, inputs, slots
        return slots

    def learn(self, values: np.ndarray) -> None:
        """Take note of the values, 0 or 1, of the pixels that were looked at last."""
        place, at, n, near, inputs, slots = self._last
        ones = values.astype(np.int32)
        one_more = np.broadcast_to((ones << 16) + 1, at.shape)
        np.add.at(self._counts, at.ravel(), one_more.ravel())
        # Old counts count half, so that new ones still tell.
        full = at[n >= _MOST_COUNT]
        if len(full):
            counts = self._counts.take(full)
            halves = counts >> 17
            halves += (halves << 16) + (((counts & 0xFFFF) - (counts >> 16)) >> 1)
            self._counts[full] = halves
        errors = ((ones << BITS) - slots).astype(np.float64)
        _correct(self._of_place[place], inputs @ errors, len(near))
        of_near = np.zeros((len(near), 1 << _N_NEAR))
        of_near[_LANES[: len(near)], near] = errors
        _correct(self._of_near, inputs @ of_near, np.bincount(near, minlength=1 << _N_NEAR))


def _correct(weights: np.ndarray, sums: np.ndarray, n: int | np.ndarray) -> None:
    """Correct weights by sums of inputs times errors over so many pixels."""
    sums /= (1 << _RATE_BITS) * (1 + n / _TOGETHER)
    weights += np.floor(sums, out=sums)


@cache
def _masks() -> np.ndarray:
    """Give which pixels each context is made of."""
    nearest = sorted(range(N_SEEN), key=lambda bit: (sum(x * x for x in offsets()[bit]), bit))
    masks = [sum(1 << bit for bit in nearest[:n]) for n, _ in _CONTEXTS]
    return np.array(masks, np.uint64)[:, None]


def _places(n_rows: int, n_columns: int) -> np.ndarray:
    """Give what tells places apart in each context, ``(n_rows * n_columns, n_contexts, 1)``."""
    place = np.arange(n_rows * n_columns, dtype=np.uint64)
    parts = {"": 0 * place, "place": place + _ONE, "row": place // np.uint64(n_columns) + _ONE}
    found = np.stack([parts[kind] for _, kind in _CONTEXTS], axis=1)
    return (found << np.uint64(N_SEEN))[..., None]


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Give the logarithms of counts and 0.4, in units of odds, and what one more of n weighs."""
    counts = range(_MOST_COUNT + MOST_AT_ONCE)
    odds = np.array([float(_logarithm(10 * n + 4)) for n in counts])
    shares = np.array([5_120 / (10 * n + 8) for n in counts])
    return odds, shares


def _logarithm(x: int) -> int:
    """Give the logarithm to base 2 in 1/256, rounded down, by squaring whole numbers."""
    precision = 40
    whole = x.bit_length() - 1
    rest, found = (x << precision) >> whole, whole
    for _ in range(_ODDS_UNIT.bit_length() - 1):
        rest = (rest * rest) >> precision
        found *= 2
        if rest >= 2 << precision:
            rest >>= 1
            found += 1
    return found


@cache
def _slots() -> np.ndarray:
    """Give how many slots the value 1 has, for odds from the least to the most."""
    root = np.float64(2)
    for _ in range(_ODDS_UNIT.bit_length() - 1):
        root = np.sqrt(root)
    powers = np.cumprod(np.concatenate([[1.0], np.full(_MOST_ODDS, root)]))
    above = np.floor(TOTAL * (powers / (1 + powers)))
    return np.concatenate([TOTAL - above[:0:-1], above]).astype(np.int64)
