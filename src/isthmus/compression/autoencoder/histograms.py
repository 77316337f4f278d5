"""Whole numbers under distributions of their own, each a histogram of few steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, final

import numpy as np

from isthmus.compression.coded_stream import (
    StreamReader,
    StreamWriter,
    packed_numbers,
    unpacked_numbers,
)
from isthmus.compression.rans import BITS, TOTAL
from isthmus.compression.varint import read_varint, varint
from isthmus.errors import ArchiveError

_MOST_SYMBOLS = 1 << 11
_MOST_LOW_BITS = 14
_MOST_NUMBERS = 1 << 25
_SHARES = 1 << 10
_N_STEPS = (1, 4, 8, 16, 32, 64)


@final
class Histogram:
    """The distribution of one number: steps between edges, each with its share.

    Parameters
    ----------
    n_low_bits : int
        Low bits of a number that are uniform; the rest is its symbol.
    edges : ndarray of int64
        Where the first step begins and each ends, ascending.
    shares : ndarray of int64
        How much lies in each, of what lies in all.
    """

    def __init__(self, n_low_bits: int, edges: np.ndarray, shares: np.ndarray) -> None:
        widths = np.diff(edges)
        fits = len(shares) == len(widths) > 0 and shares.min() >= 0 and shares.max() < TOTAL
        fits = fits and shares.sum() > 0 and np.abs(edges.astype(float)).max() < 1 << 48
        if not (fits and widths.min() > 0 and edges[-1] - edges[0] <= _MOST_SYMBOLS):
            raise ArchiveError("the distribution of a code is damaged.")
        self.n_low_bits, self.edges, self.shares = n_low_bits, edges, shares
        self.n_symbols = n_symbols = int(edges[-1] - edges[0])
        # Each symbol has one slot, the escape another, and shares divide the others.
        ends = (TOTAL - n_symbols - 1) * np.concatenate([[0], np.cumsum(shares)])
        step = np.repeat(np.arange(len(widths)), widths)
        places = np.arange(n_symbols)
        within = places - (edges[step] - edges[0])
        starts = ends[step] + (ends[step + 1] - ends[step]) * within // widths[step]
        starts = starts // shares.sum() + places
        self.starts = np.concatenate([starts, [TOTAL - 1, TOTAL]]).astype(np.uint32)

    @classmethod
    def fit(cls, numbers: np.ndarray, n_steps: int) -> Self:
        """Fit about so many steps of equal shares to numbers, ``(n,)`` int64."""
        n_low_bits = 0
        low, high = int(numbers.min()), int(numbers.max())
        # A little beyond either end, the next number may lie.
        more = (high - low) >> 5
        low, high = low - more, high + more
        while (high >> n_low_bits) - (low >> n_low_bits) >= _MOST_SYMBOLS - 2:
            n_low_bits += 1
        symbols = np.sort(numbers >> n_low_bits)
        places = np.linspace(0, len(symbols) - 1, n_steps + 1).astype(int)[1:-1]
        inner = symbols[places]
        # What occurs often has a step to itself.
        often = inner[1:][inner[1:] == inner[:-1]]
        ends = [symbols[0], symbols[-1] + 1, low >> n_low_bits, (high >> n_low_bits) + 1]
        edges = np.unique(np.concatenate([inner, often + 1, ends]))
        counts = np.diff(np.searchsorted(symbols, edges))
        # One more for what was not seen.
        shares = np.maximum(np.rint(counts * (_SHARES / counts.sum())), 1)
        return cls(n_low_bits, edges, shares.astype(np.int64))

    def n_bits(self, numbers: np.ndarray) -> float:
        """Give the bits that numbers take."""
        symbols = self._symbols(numbers)
        counts = self.starts[symbols + 1] - self.starts[symbols]
        escaped = int(np.count_nonzero(symbols == self.n_symbols))
        n_low = self.n_low_bits * (len(numbers) - escaped)
        return BITS * len(numbers) - float(np.log2(counts).sum()) + n_low + 24 * escaped

    def write(self, writer: StreamWriter, numbers: np.ndarray) -> None:
        """Write numbers, ``(n,)`` int64."""
        symbols = self._symbols(numbers)
        writer.write(self.starts[symbols], self.starts[symbols + 1] - self.starts[symbols])
        escaped = symbols == self.n_symbols
        writer.write_beyond(numbers[escaped])
        if self.n_low_bits:
            low = numbers[~escaped] & ((1 << self.n_low_bits) - 1)
            width = 1 << (BITS - self.n_low_bits)
            writer.write(low * width, np.full(len(low), width))

    def read(self, reader: StreamReader, n: int) -> np.ndarray:
        """Give the next numbers that `write` wrote, ``(n,)`` int64."""

        def find(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            symbols = np.searchsorted(self.starts, slots, "right") - 1
            starts = self.starts[symbols]
            return symbols, starts, self.starts[symbols + 1] - starts

        symbols = reader.read(n, find)
        escaped = symbols == self.n_symbols
        numbers = (symbols + self.edges[0]) << self.n_low_bits
        if self.n_low_bits:
            bits = np.uint32(BITS - self.n_low_bits)

            def find_low(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
                low = slots >> bits
                return low, low << bits, np.full(len(low), 1 << bits, np.uint32)

            numbers[~escaped] |= reader.read(int(np.count_nonzero(~escaped)), find_low)
        numbers[escaped] = reader.read_beyond(int(np.count_nonzero(escaped)))
        return numbers

    def _symbols(self, numbers: np.ndarray) -> np.ndarray:
        symbols = (numbers >> self.n_low_bits) - self.edges[0]
        inside = (symbols >= 0) & (symbols < self.n_symbols)
        return np.where(inside, symbols, self.n_symbols)


def fit_histograms(codes: np.ndarray, n_steps: Sequence[int] = _N_STEPS) -> list[Histogram]:
    """Fit a histogram to each column of codes, ``(n, n_codes)`` int64, of as few steps as pay."""
    found = []
    for column in codes.T:
        tried = [Histogram.fit(column, n) for n in n_steps]
        sizes = [own.n_bits(column) + 20 * len(own.shares) for own in tried]
        found.append(tried[int(np.argmin(sizes))])
    return found


def histograms_to_bytes(histograms: Sequence[Histogram]) -> bytes:
    """Give the bytes of histograms."""
    numbers = [
        np.concatenate([[own.n_low_bits, len(own.shares)], own.edges[:1], np.diff(own.edges)])
        for own in histograms
    ]
    flat = np.concatenate([*numbers, *(own.shares for own in histograms)]).astype(np.int64)
    return varint(len(flat)) + packed_numbers(flat)


def histograms_from_bytes(data: bytes, n: int) -> list[Histogram]:
    """Give `n` histograms back.

    Raises
    ------
    ArchiveError
        The bytes are damaged.
    """
    n_numbers, at = read_varint(data, 0)
    if n_numbers > min(_MOST_NUMBERS, n * (2 * _MOST_SYMBOLS + 3)):
        raise ArchiveError("the distributions of codes are damaged.")
    flat = unpacked_numbers(data[at:], n_numbers)
    heads, place = [], 0
    for _ in range(n):
        n_low, n_steps = (
            (int(number) for number in flat[place : place + 2].tolist())
            if (place + 2 <= len(flat))
            else (-1, -1)
        )
        end = place + 3 + n_steps
        if not (0 <= n_low <= _MOST_LOW_BITS and 0 < n_steps <= _MOST_SYMBOLS) or end > len(flat):
            raise ArchiveError("the distributions of codes are damaged.")
        heads.append((n_low, np.cumsum(flat[place + 2 : end])))
        place = end
    histograms = []
    for n_low, edges in heads:
        shares = flat[place : place + len(edges) - 1]
        histograms.append(Histogram(n_low, edges, shares))
        place += len(edges) - 1
    if place != len(flat):
        raise ArchiveError("the distributions of codes are damaged.")
    return histograms
