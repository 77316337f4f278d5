"""Whole numbers of many values as several digits, each of few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ONE_DIGIT = 512
_DIGIT_BITS = 7


def widths_for(largest: int) -> tuple[int, ...]:
    """Give the bits of each digit after the first, for numbers up to the largest.

    Examples
    --------
    >>> widths_for(100), widths_for(1_500_000)
    ((), (7, 7))
    """
    if largest < _ONE_DIGIT:
        return ()
    bits = largest.bit_length()
    n_digits = -(-bits // _DIGIT_BITS)
    width = -(-bits // n_digits)
    return (width,) * (n_digits - 1)


def sizes_for(largest: int, widths: Sequence[int]) -> list[int]:
    """Give how many values each digit has."""
    return [(largest >> sum(widths)) + 1, *(1 << width for width in widths)]


def split(numbers: np.ndarray, widths: Sequence[int]) -> list[np.ndarray]:
    """Give the digits of numbers, the first first."""
    left, digits = sum(widths), [numbers >> sum(widths)]
    for width in widths:
        left -= width
        digits.append((numbers >> left) & ((1 << width) - 1))
    return digits


def join(digits: Sequence[np.ndarray], widths: Sequence[int]) -> np.ndarray:
    """Give the numbers of digits."""
    numbers = digits[0].astype(np.int64)
    for digit, width in zip(digits[1:], widths, strict=True):
        numbers = (numbers << width) | digit
    return numbers
