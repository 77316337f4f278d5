"""Rows that stay on disk, read ahead, shuffled and cut into minibatches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import numpy as np

from isthmus.errors import DataError
from isthmus.io import Dataset, Part, affordable_rows, memory_budget, read_ahead
from isthmus.prepare import Preparation
from isthmus.training.batches import Block, cut

_WINDOW_SHARE = 8
_BLOCK_SHARE = 64
_BLOCKS_AHEAD = 1
# A window smaller than the epoch by this much is soon filled, and then training can begin.
_WINDOWS_AN_EPOCH = 8
_PARTS_A_WINDOW = 4


@final
class StreamedBatches:
    """Minibatches of rows that are read as they are needed; every row exactly once an epoch.

    A thread reads the parts of the data in an order that is drawn, and fills a window with
    their rows. Every block is drawn from the whole window, and the rows that are read next take
    the places of those drawn.

    Parameters
    ----------
    dataset : Dataset
        Raw rows.
    preparation : Preparation
        What brings them to scale, in the thread that reads them.
    batch_size : int
        Rows in a minibatch; less where there are fewer rows.
    left_out : ndarray of int
        Positions of rows that are not used, in order.

    Attributes
    ----------
    window_bytes : int
        What the window takes: an eighth of `isthmus.io.memory_budget` at most, but a block.
    """

    def __init__(
        self, dataset: Dataset, preparation: Preparation, batch_size: int, left_out: np.ndarray
    ) -> None:
        self._dataset, self._preparation, self._left_out = dataset, preparation, left_out
        self._dtype = preparation.stored_dtype(dataset.schema)
        budget = memory_budget()
        row_bytes = preparation.n_features * self._dtype.itemsize
        self.n_rows = dataset.n_rows - len(left_out)
        self.batch_size, self.n_steps, self.steps_per_block = cut(
            self.n_rows, batch_size, row_bytes, budget // _BLOCK_SHARE
        )
        affordable = budget // (_WINDOW_SHARE * row_bytes)
        capacity = self.steps_per_block * self.batch_size
        self._n_window = max(capacity, min(affordable, self.n_rows // _WINDOWS_AN_EPOCH))
        # Of parts too large for the window to hold several, several are read in turn.
        large = max(part.n_rows for part in dataset.parts()) * _PARTS_A_WINDOW > self._n_window
        self._n_open = _PARTS_A_WINDOW if large else 1
        self._n_chunk = affordable_rows(preparation.n_features) // (2 if large else 1)
        self.window_bytes = self._n_window * row_bytes

    def epoch(
        self, generator: np.random.Generator | None = None, columns: slice = slice(None)
    ) -> Iterator[Block]:
        """Yield all rows once, in an order drawn from `generator`, or as they are without one.

        `columns` asks for a part of every minibatch only. Rows are read and drawn in a thread,
        which ends when the iterator does.
        """
        return read_ahead(self._blocks(generator, columns), _BLOCKS_AHEAD)

    def _blocks(self, generator: np.random.Generator | None, columns: slice) -> Iterator[Block]:
        source = _Source(self._pieces(generator))
        n_rows = 0
        for block in self._ordered(source) if generator is None else self._drawn(source, generator):
            n_rows += len(block)
            yield Block(self._minibatches(block, columns), len(block), None, self.batch_size)
            del block
        if n_rows != self.n_rows:
            raise DataError(
                f"{self._dataset.source} gave {n_rows:,} rows, but promised {self.n_rows:,} when "
                "it was opened: it has changed, so open it again."
            )

    def _ordered(self, source: _Source) -> Iterator[np.ndarray]:
        while True:
            rows = self._empty(self.steps_per_block * self.batch_size)
            n_rows = source.fill(rows, np.arange(len(rows)))
            if not n_rows:
                return
            yield rows[:n_rows]

    def _drawn(self, source: _Source, generator: np.random.Generator) -> Iterator[np.ndarray]:
        capacity = self.steps_per_block * self.batch_size
        window = self._empty(self._n_window)
        left = np.arange(source.fill(window, np.arange(len(window))))
        while len(left) == len(window):
            places = generator.choice(len(window), capacity, replace=False)
            yield window[places]
            n_new = source.fill(window, places)
            if n_new < capacity:
                left = np.setdiff1d(left, places[n_new:])
        generator.shuffle(left)
        for start in range(0, len(left), capacity):
            yield window[left[start : start + capacity]]

    def _pieces(self, generator: np.random.Generator | None) -> Iterator[np.ndarray]:
        """Yield prepared rows in the order in which they are read."""
        parts = list(self._dataset.parts())
        n_open = 1
        if generator is not None:
            parts = [parts[i] for i in generator.permutation(len(parts))]
            n_open = self._n_open
        waiting = iter(parts)
        reading: list[Iterator[np.ndarray]] = []
        while True:
            while len(reading) < n_open and (part := next(waiting, None)) is not None:
                reading.append(self._prepared(part))
            if not reading:
                return
            for rows in list(reading):
                piece = next(rows, None)
                if piece is None:
                    reading.remove(rows)
                else:
                    yield piece

    def _prepared(self, part: Part) -> Iterator[np.ndarray]:
        first = part.first_row
        for chunk in part.chunks(self._n_chunk):
            rows = self._preparation.transform(chunk, self._dataset.source, first)
            start, stop = np.searchsorted(self._left_out, (first, first + len(rows)))
            if stop > start:
                rows = np.delete(rows, self._left_out[start:stop] - first, axis=0)
            first += len(chunk)
            del chunk
            yield rows

    def _minibatches(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Cut rows into minibatches, zeros after them in the last one."""
        whole = rows
        if len(rows) < self.steps_per_block * self.batch_size:
            whole = self._empty(self.steps_per_block * self.batch_size)
            whole[: len(rows)] = rows
            whole[len(rows) :] = 0
        return whole.reshape(self.steps_per_block, self.batch_size, -1)[:, columns]

    def _empty(self, n_rows: int) -> np.ndarray:
        return np.empty((n_rows, self._preparation.n_features), self._dtype)


class _Source:
    """Rows that come in pieces of any size, given in numbers that are asked for."""

    def __init__(self, pieces: Iterator[np.ndarray]) -> None:
        self._pieces = pieces
        self._piece: np.ndarray | None = None

    def fill(self, target: np.ndarray, places: np.ndarray) -> int:
        """Put the next rows to these places; give how many there were."""
        filled = 0
        while filled < len(places):
            if self._piece is None or not len(self._piece):
                self._piece = next(self._pieces, None)
                if self._piece is None:
                    break
            some = self._piece[: len(places) - filled]
            target[places[filled : filled + len(some)]] = some
            self._piece = self._piece[len(some) :]
            filled += len(some)
        return filled
