"""Values of which there are few, as rounded or packed ones: only what occurs is coded.

Where values lie further apart than the promise lets them move, each is kept as it is; where they
lie closer, one stands for all within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isthmus.compression.bells import N_SCALES, bells, reach_of, scale_of, student_below
from isthmus.compression.coded_stream import (
    StreamReader,
    StreamWriter,
    packed_numbers,
    unpacked_numbers,
)
from isthmus.compression.fields.predictor import UNITS_PER_BIN
from isthmus.compression.fields.units import MOST_LEVELS, Units
from isthmus.compression.promise import Promise
from isthmus.compression.rans import BITS, TOTAL
from isthmus.errors import ArchiveError

_FAR = 1e9
_LENGTH = np.dtype("<u4")
_SLACK = 1e-9


@dataclass(frozen=True)
class Levels:
    """The values that come back.

    Parameters
    ----------
    values : ndarray
        In ascending order, of the dtype of the data.
    counts : ndarray of float64
        The same in whole numbers of units, ascending.
    """

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def covering(
        cls, block: np.ndarray, units: Units, promise: Promise
    ) -> tuple[Levels, np.ndarray] | None:
        """Give the fewest levels that keep the promise and each value's level, unless too many."""
        found, places = np.unique(block, return_inverse=True)
        if len(found) > 4 * MOST_LEVELS:
            return None
        exact = found.astype(np.float64)
        ends = np.searchsorted(exact, exact + 2 * promise.largest * (1 - _SLACK), side="right")
        firsts = [0]
        while ends[firsts[-1]] < len(found):
            firsts.append(int(ends[firsts[-1]]))
        lasts = np.array([*firsts[1:], len(found)]) - 1
        values = (exact[firsts] / 2 + exact[lasts] / 2).astype(block.dtype)
        level_of = np.repeat(np.arange(len(firsts)), np.diff([*firsts, len(found)]))
        counts = np.rint(units.count(values))
        if len(firsts) > MOST_LEVELS or (np.diff(counts) <= 0).any():
            return None
        return cls(values, counts), level_of[places.reshape(block.shape)]

    def worth(self, levels: np.ndarray) -> float:
        """Guess how many bits a value takes less than with bins, where residuals are wide."""
        apart = np.gradient(self.counts) if len(self.counts) > 1 else np.ones(1)
        return float(np.log2(apart / UNITS_PER_BIN)[levels].mean())

    @cached_property
    def edges(self) -> np.ndarray:
        """Halfway between levels, and far below the first and above the last."""
        between = (self.counts[1:] + self.counts[:-1]) / 2
        return np.concatenate([[-_FAR], between, [_FAR]])

    def write(
        self, writer: StreamWriter, levels: np.ndarray, predicted: np.ndarray, scales: np.ndarray
    ) -> None:
        """Write levels, ``(n,)`` int64, under bells around what was predicted."""
        around = _Around.of(self, predicted, scales)
        symbols = levels - around.first
        escape = around.n_symbols - 1
        escaped = (symbols < 0) | (symbols >= escape)
        symbols[escaped] = escape[escaped]
        starts = around.starts(symbols)
        writer.write(starts, around.starts(symbols + 1) - starts)
        writer.write_beyond(levels[escaped])

    def read(self, reader: StreamReader, predicted: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Give the next levels, ``(n,)`` int64."""
        around = _Around.of(self, predicted, scales)

        def find(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            own = around[part]
            symbols = own.guess(slots)
            slots = slots.astype(np.int32)
            while True:
                starts = own.starts(_held(symbols + _NEXT, 0, own.n_symbols))
                n_past = (starts <= slots).view(np.uint8).sum(0, dtype=np.uint8).astype(np.intp)
                symbols += n_past + (_NEXT[0] - 1)
                if n_past.min() > 0 and n_past.max() < len(_NEXT):
                    break
            places = (n_past - 1) * len(slots) + np.arange(len(slots))
            start, end = starts.take(places), starts.take(places + len(slots))
            escape = symbols == own.n_symbols - 1
            return np.where(escape, -1, symbols + own.first), start, end - start

        levels = reader.read(len(predicted), find)
        escaped = levels < 0
        levels[escaped] = reader.read_beyond(int(np.count_nonzero(escaped)))
        if levels.min(initial=0) < 0 or levels.max(initial=0) >= len(self.counts):
            raise ArchiveError("a block of a field names a level that there is not.")
        return levels

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes them."""
        packed = packed_numbers(np.diff(_ordered(self.values), prepend=0))
        return np.array([len(self.values), len(packed)], _LENGTH).tobytes() + packed

    @classmethod
    def from_bytes(cls, data: bytes, dtype: np.dtype, units: Units) -> tuple[Levels, bytes]:
        """Make the levels that `to_bytes` wrote, and give what follows."""
        head = 2 * _LENGTH.itemsize
        n_levels, n_packed = (
            int(n) for n in np.frombuffer(data[:head].ljust(head, b"\0"), _LENGTH)
        )
        if not 1 <= n_levels <= MOST_LEVELS or head + n_packed > len(data):
            raise ArchiveError("the levels of a field are damaged.")
        ordered = np.cumsum(unpacked_numbers(data[head : head + n_packed], n_levels))
        values = _disordered(ordered, dtype)
        with np.errstate(all="ignore"):
            counts = np.rint(units.count(values))
        if not (np.isfinite(counts).all() and (np.diff(counts) > 0).all()):
            raise ArchiveError("the levels of a field are not in order.")
        return cls(values, counts), data[head + n_packed :]


@dataclass(frozen=True, eq=False)
class _Around:
    """For each value, where the slots of the levels around what was predicted begin."""

    levels: Levels
    predicted: np.ndarray
    scales: np.ndarray
    first: np.ndarray  # the level that the first symbol is
    n_symbols: np.ndarray

    @classmethod
    def of(cls, levels: Levels, predicted: np.ndarray, scales: np.ndarray) -> _Around:
        """Find the levels around predictions."""
        predicted = predicted.astype(np.float64)
        reach = _REACHES[scales]
        nearest = np.searchsorted(levels.edges, predicted, side="right") - 1
        first = np.clip(nearest, 0, len(levels.counts) - 1) - reach
        return cls(levels, predicted, scales, first, 2 * reach + 2)

    def __getitem__(self, part: slice) -> _Around:
        own = (self.predicted, self.scales, self.first, self.n_symbols)
        return _Around(self.levels, *(values[part] for values in own))

    def guess(self, slots: np.ndarray) -> np.ndarray:
        """Give symbols near those that hold the slots, as bells of even bins have them."""
        table = bells()
        symbols = table.symbols.take((self.scales << BITS) | slots).astype(np.int64)
        number = (symbols - table.reaches.take(self.scales)) << table.n_low_bits.take(self.scales)
        near = self.predicted + UNITS_PER_BIN * number
        level = np.searchsorted(self.levels.edges, near, side="right") - 1
        return _held(level - self.first, 0, self.n_symbols - 1)

    def starts(self, symbols: np.ndarray) -> np.ndarray:
        """Give the first slots of symbols, the one after the escape the end of all."""
        edge = _held(self.first + symbols, 0, len(self.levels.counts))
        away = self.levels.edges.take(edge)
        away -= self.predicted
        away /= _WIDTHS.take(self.scales)
        below = student_below(away)
        below *= TOTAL - self.n_symbols
        found = below.astype(np.int32)
        found += symbols
        found[symbols == 0] = 0
        found[symbols == self.n_symbols] = TOTAL
        return found


# Around what was guessed: so many that few are guessed again.
_NEXT = np.arange(-2, 4)[:, None]
_WIDTHS = np.array([UNITS_PER_BIN * scale_of(index) for index in range(N_SCALES)])
_REACHES = np.array([reach_of(scale_of(index)) for index in range(N_SCALES)])


def _held(numbers: np.ndarray, least: int, most: int | np.ndarray) -> np.ndarray:
    """Clip whole numbers, without what `numpy.clip` asks before."""
    np.maximum(numbers, least, out=numbers)
    return np.minimum(numbers, most, out=numbers)


def _ordered(values: np.ndarray) -> np.ndarray:
    """Give whole numbers in the order of the values, next to each other where these are."""
    if values.dtype.kind != "f":
        return values.astype(np.int64)
    bits = values.view(f"i{values.dtype.itemsize}").astype(np.int64)
    return np.where(bits < 0, np.iinfo(f"i{values.dtype.itemsize}").min - bits, bits)


def _disordered(ordered: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind != "f":
        return ordered.astype(dtype)
    integer = np.dtype(f"i{dtype.itemsize}")
    bits = np.where(ordered < 0, np.iinfo(integer).min - ordered, ordered)
    return bits.astype(integer).view(dtype)
