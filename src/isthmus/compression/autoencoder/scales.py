"""How far what a decoder leaves over is from nothing: by column, by prediction and by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from isthmus.compression.autoencoder.scaled_numbers import (
    MOST_SCALES,
    N_SIZES,
    code_lengths,
    mean_sizes,
    size_of,
)
from isthmus.compression.coded_stream import packed_numbers, unpacked_numbers
from isthmus.errors import ArchiveError

_N_RANGES = 24
_N_ROUNDS = 3
_MOST_STEPS = 40
_SCALES_PER_OCTAVE = 5
_FLOOR = 0.25


@final
@dataclass(frozen=True, eq=False)
class Scales:
    """The scale of each number is one of its column, and steps for its prediction and its row.

    Parameters
    ----------
    columns : ndarray of int64, shape (n_columns,)
        Indices of scales.
    edges : ndarray of int64
        Of ranges of predictions, ascending.
    steps : ndarray of int64, shape (len(edges) + 1,)
        By how many scales more each range has.
    rows : int
        On which scale the steps of rows are coded; −1 where rows have none.
    """

    columns: np.ndarray
    edges: np.ndarray
    steps: np.ndarray
    rows: int

    def of(self, predictions: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Give the scales, ``(n, n_columns)`` int64, given also the steps of rows."""
        scales = self.steps[np.searchsorted(self.edges, predictions, "right")] + self.columns
        if rows is not None:
            scales += np.clip(rows, -_MOST_STEPS, _MOST_STEPS)[:, None]
        return np.clip(scales, 0, MOST_SCALES - 1)

    @classmethod
    def none(cls, n_columns: int) -> Self:
        """Give the smallest scale to all."""
        zeros = np.zeros(n_columns + 1, np.int64)
        return cls(zeros[:-1], zeros[:0], zeros[-1:], -1)

    @classmethod
    def fit(cls, numbers: np.ndarray, predictions: np.ndarray) -> Self:
        """Fit scales to numbers and what was predicted for them, ``(n, n_columns)`` int64."""
        sizes = size_of(numbers)
        columns = np.array([_best(np.bincount(own, minlength=N_SIZES)) for own in sizes.T])
        places = np.linspace(0, predictions.size - 1, _N_RANGES + 1).astype(int)[1:-1]
        edges = np.unique(np.sort(predictions, axis=None)[places])
        ranges = np.searchsorted(edges, predictions, "right")
        own, steps = np.arange(numbers.shape[1]), np.zeros(len(edges) + 1, np.int64)
        for _ in range(_N_ROUNDS):
            steps = _fitted(sizes, np.broadcast_to(columns, sizes.shape), ranges, len(steps))
            others = steps[ranges]
            columns = _fitted(sizes, others, np.broadcast_to(own, sizes.shape), len(own))
        found = cls(columns, edges, steps, -1)
        rows = found.steps_of_rows(numbers, predictions)
        n_bits = [found.n_bits(numbers, predictions), found.n_bits(numbers, predictions, rows)]
        scale = _best(np.bincount(size_of(rows), minlength=N_SIZES))
        n_bits[1] += float(code_lengths()[scale, size_of(rows)].sum())
        return cls(columns, edges, steps, scale if n_bits[1] < n_bits[0] else -1)

    def n_bits(
        self, numbers: np.ndarray, predictions: np.ndarray, rows: np.ndarray | None = None
    ) -> float:
        """Give the bits that numbers take."""
        return float(code_lengths()[self.of(predictions, rows), size_of(numbers)].sum())

    def steps_of_rows(self, numbers: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Give by how many scales more each row has, ``(n,)`` int64."""
        expected = mean_sizes()[self.of(predictions)] + _FLOOR
        ratios = ((np.abs(numbers) + _FLOOR) / expected).mean(axis=1)
        steps = np.rint(_SCALES_PER_OCTAVE * np.log2(ratios)).astype(np.int64)
        return np.clip(steps, -_MOST_STEPS, _MOST_STEPS)

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes them."""
        edges = np.diff(self.edges, prepend=0)
        head = np.array([self.rows, len(edges)])
        return packed_numbers(np.concatenate([head, self.columns, self.steps, edges]))

    @classmethod
    def from_bytes(cls, data: bytes, n_columns: int, n_edges: int) -> Self:
        """Make the scales that `to_bytes` wrote, of so many columns.

        Raises
        ------
        ArchiveError
            The bytes are damaged.
        """
        numbers = unpacked_numbers(data, 3 + n_columns + 2 * n_edges)
        rows, stored, *_ = numbers.tolist()
        columns = numbers[2 : 2 + n_columns]
        steps = numbers[2 + n_columns : 3 + n_columns + n_edges]
        edges = np.cumsum(numbers[3 + n_columns + n_edges :])
        sound = stored == n_edges and -1 <= rows < MOST_SCALES
        if (
            not sound
            or np.abs(numbers[2 : 3 + n_columns + n_edges].astype(float)).max() > 2 * MOST_SCALES
        ):
            raise ArchiveError("the scales of an autoencoder's rest are damaged.")
        return cls(columns, edges, steps, rows)


def column_bits(numbers: np.ndarray) -> np.ndarray:
    """Give the bits that each column of numbers takes on a scale of its own, about."""
    sizes = size_of(numbers)
    n_columns = sizes.shape[1]
    counts = np.bincount(
        (sizes + N_SIZES * np.arange(n_columns)).ravel(), minlength=N_SIZES * n_columns
    )
    return (counts.reshape(n_columns, N_SIZES) @ code_lengths().T).min(axis=1)


def best_scales(counts: np.ndarray) -> np.ndarray:
    """Give the scale that suits each row of counts of sizes, ``(n, N_SIZES)``."""
    return np.argmin(counts @ code_lengths().T, axis=1)


def _best(counts: np.ndarray) -> int:
    return int(best_scales(counts[None])[0])


def _fitted(sizes: np.ndarray, others: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
    """Give what each group adds to the scales that others give, for the fewest bits."""
    lengths = code_lengths()
    low, high = int(others.min()), int(others.max())
    steps = np.arange(-high, MOST_SCALES - low)
    totals = np.zeros((n_groups, len(steps)))
    for other in range(low, high + 1):
        chosen = others == other
        if not chosen.any():
            continue
        # Numbers of one group, one scale by others and one size are alike.
        keys = groups[chosen] * N_SIZES + sizes[chosen]
        counts = np.bincount(keys, minlength=n_groups * N_SIZES).reshape(n_groups, N_SIZES)
        scales = np.clip(steps + other, 0, MOST_SCALES - 1)
        totals += (counts @ lengths.T)[:, scales]
    return steps[np.argmin(totals, axis=1)]
