"""What one pass over the training rows tells of a column."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isthmus.prepare.columns.category import as_text
from isthmus.prepare.columns.date import to_ticks
from isthmus.prepare.columns.number import to_numbers

# Values kept to judge a distribution by, and levels that are counted one by one.
_SAMPLED = 2**16
_COUNTED = 2**18


class Summary(Protocol):
    """Running facts about the values of a column."""

    n_missing: int

    def add(self, values: pa.ChunkedArray, first_row: int) -> None:
        """Take in the next values."""


class NumberSummary:
    """Mean, deviation and range, merged as Chan, Golub & LeVeque (1983) do, and a sample."""

    def __init__(self, n_rows: int) -> None:
        self.count = self.n_missing = 0
        self.mean = self.squares = 0.0
        self.least, self.greatest = np.inf, -np.inf
        self.infinite: int | None = None
        self._stride = -(-n_rows // _SAMPLED)
        self._samples: list[np.ndarray] = []

    def add(self, values: pa.ChunkedArray, first_row: int) -> None:
        self.add_numbers(to_numbers(values), first_row)

    # Of numbers too large to square the deviation is infinite, which whoever needs it tells.
    @np.errstate(over="ignore", invalid="ignore")
    def add_numbers(self, values: np.ndarray, first_row: int) -> None:
        """Take in numbers, NaN for those that are missing."""
        self._samples.append(values[-first_row % self._stride :: self._stride])
        known = values[~np.isnan(values)]
        self.n_missing += len(values) - len(known)
        if not len(known):
            return
        if self.infinite is None and np.isinf(known).any():
            self.infinite = first_row + int(np.argmax(np.isinf(values)))
            return
        mean, total = known.mean(), self.count + len(known)
        shift = mean - self.mean
        self.mean += shift * len(known) / total
        self.squares += np.square(known - mean).sum() + shift**2 * self.count * len(known) / total
        self.count = total
        self.least = min(self.least, float(known.min()))
        self.greatest = max(self.greatest, float(known.max()))

    @property
    @np.errstate(over="ignore", invalid="ignore")
    def deviation(self) -> float:
        """Standard deviation; 1 where all values are equal, but for rounding."""
        variance, eps = self.squares / max(self.count, 1), np.finfo(np.float64).eps
        bound = self.count * eps * variance + (self.count * self.mean * eps) ** 2
        return 1.0 if variance <= bound else float(np.sqrt(variance))

    def sample(self) -> np.ndarray:
        """Give values that are not missing, evenly spread over the rows."""
        sampled = np.concatenate(self._samples) if self._samples else np.empty(0)
        return sampled[np.isfinite(sampled)]


class DateSummary(NumberSummary):
    """The same for dates and times in whole units, and what these are multiples of."""

    def __init__(self, n_rows: int, kind: pa.DataType) -> None:
        super().__init__(n_rows)
        self._kind = kind
        self.steps = 0

    def add(self, values: pa.ChunkedArray, first_row: int) -> None:
        ticks, missing = to_ticks(values, self._kind)
        known = ticks[~missing]
        if len(known):
            self.steps = int(np.gcd.reduce(known.astype(np.int64), initial=self.steps))
        self.add_numbers(np.where(missing, np.nan, ticks), first_row)


class LevelSummary:
    """How often each level occurs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.n_values = self.n_missing = self.n_uncounted = 0
        self.categories: tuple[str, ...] | None = None

    def add(self, values: pa.ChunkedArray, first_row: int) -> None:
        if pa.types.is_dictionary(values.type):
            for chunk in values.chunks:
                own = [text for text in as_text(chunk.dictionary) if text is not None]
                self.categories = tuple(dict.fromkeys([*(self.categories or ()), *own]))
            values = values.cast(values.type.value_type)
        counted = pc.value_counts(values)  # pyright: ignore
        texts = as_text(counted.field("values"))
        for text, count in zip(texts, counted.field("counts").to_pylist(), strict=True):
            if text is None:
                self.n_missing += count
                continue
            self.n_values += count
            if text in self.counts or len(self.counts) < _COUNTED:
                self.counts[text] += count
            else:
                self.n_uncounted += count

    @property
    def n_levels(self) -> int:
        """Levels that there are; what was not counted counts as one."""
        return len(self.counts) + (self.n_uncounted > 0)
