"""Whole numbers of any size under bells: on large scales their low bits are uniform."""

from __future__ import annotations

from functools import cache

import numpy as np

from isthmus.compression.bells import (
    N_SCALES,
    SCALES_PER_OCTAVE,
    bells,
    scale_of,
)
from isthmus.compression.coded_stream import StreamReader, StreamWriter
from isthmus.compression.rans import BITS
from isthmus.compression.whole_numbers import read_numbers, write_numbers

_MOST_LOW_BITS = 14
MOST_SCALES = N_SCALES + _MOST_LOW_BITS * SCALES_PER_OCTAVE
"""So many scales there are, the last ones with low bits cut off."""

# Sizes of numbers by which code lengths are told: these are kept apart, then eighths of octaves.
_APART = 16
_SIZES_PER_OCTAVE = 8
N_SIZES = _APART + 24 * _SIZES_PER_OCTAVE
_ESCAPE_BITS = 24.0


def write_scaled(writer: StreamWriter, numbers: np.ndarray, scales: np.ndarray) -> None:
    """Write whole numbers, ``(n,)`` int64, on the scales of these indices below `MOST_SCALES`."""
    n_low = _low_bits(scales)
    write_numbers(writer, numbers >> n_low, scales - SCALES_PER_OCTAVE * n_low)
    split = n_low > 0
    if split.any():
        bits = BITS - n_low[split]
        writer.write((numbers[split] & ((1 << n_low[split]) - 1)) << bits, 1 << bits)


def read_scaled(reader: StreamReader, scales: np.ndarray) -> np.ndarray:
    """Give the next whole numbers that `write_scaled` wrote on these scales."""
    n_low = _low_bits(scales)
    # Whoever damages an archive may write any number.
    numbers = read_numbers(reader, scales - SCALES_PER_OCTAVE * n_low) << n_low
    split = n_low > 0
    if split.any():
        bits = (BITS - n_low[split]).astype(np.uint32)

        def find(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            low = slots >> bits[part]
            return low, low << bits[part], np.uint32(1) << bits[part]

        numbers[split] |= reader.read(len(bits), find)
    return numbers


def size_of(numbers: np.ndarray) -> np.ndarray:
    """Give the places of numbers in the table of `code_lengths`: ``(…)`` intp."""
    magnitude = np.abs(numbers)
    logarithm = np.log2(np.maximum(magnitude, _APART) / _APART)
    large = _APART + np.floor(logarithm * _SIZES_PER_OCTAVE)
    sizes = np.where(magnitude < _APART, magnitude, large)
    return np.minimum(sizes, N_SIZES - 1).astype(np.intp)


@cache
def code_lengths() -> np.ndarray:
    """Give the bits that numbers of each size take on each scale: ``(MOST_SCALES, N_SIZES)``."""
    table = bells()
    middles = _APART * 2.0 ** ((np.arange(N_SIZES - _APART) + 0.5) / _SIZES_PER_OCTAVE)
    magnitudes = np.concatenate([np.arange(_APART), middles])
    lengths = np.empty((MOST_SCALES, N_SIZES))
    for scale in range(MOST_SCALES):
        n_low = int(_low_bits(np.array(scale)))
        own = scale - SCALES_PER_OCTAVE * n_low
        n_low += int(table.n_low_bits[own])
        found = np.zeros(N_SIZES)
        for sign in (-1, 1):
            high = np.floor(sign * magnitudes / 2**n_low).astype(np.int64)
            reach = int(table.reaches[own])
            escaped = np.abs(high) > reach
            symbols = np.where(escaped, 2 * reach + 1, high + reach)
            counts = table.starts[own, symbols + 1] - table.starts[own, symbols]
            found += (BITS - np.log2(counts) + np.where(escaped, _ESCAPE_BITS, n_low)) / 2
        lengths[scale] = found
    return lengths


@cache
def mean_sizes() -> np.ndarray:
    """Give the mean magnitude of numbers on each scale."""
    # That of Student's distribution with four degrees of freedom is its scale.
    return np.array([_any_scale(index) for index in range(MOST_SCALES)])


def _any_scale(index: int) -> float:
    n_low = int(_low_bits(np.array(index)))
    return scale_of(index - SCALES_PER_OCTAVE * n_low) * 2**n_low


def _low_bits(scales: np.ndarray) -> np.ndarray:
    beyond = scales - (N_SCALES - 1)
    return np.maximum(-(-beyond // SCALES_PER_OCTAVE), 0)
