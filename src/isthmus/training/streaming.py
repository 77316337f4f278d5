"""Rows that stay on disk, read ahead, shuffled and cut into minibatches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io import Dataset, RowGroup, Rows, affordable_rows, memory_budget, read_ahead
from isthmus.prepare import Preparation
from isthmus.training.batches import Block, DoubleBuffer, cut

# What the shuffle buffers, and a block, may take of the budget, at most.
_BUFFERS_IN_BUDGET = 8
_BLOCKS_IN_BUDGET = 64
_BLOCKS_AHEAD = 1
# Buffers smaller than the epoch by this much are soon filled, and then training can begin.
_BUFFERS_IN_EPOCH = 8
_CHUNK_BYTES = 2 * 2**20
_LEAST_CHUNK = 256
# Fewer processes than this many give the same order of rows as one.
_LEAST_SHARDS = 4


@final
class StreamedBatches:
    """Minibatches of rows that are read as they are needed; every row exactly once an epoch.

    The row groups of the data, in an order that is drawn, are cut into shards. Each fills some
    columns of every minibatch, so that a process of several reads the shards of its columns
    only. A thread reads the shards in turn and fills a shuffle buffer of each; every block is
    drawn from full buffers, and the rows that are read next take the places of those drawn.

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
    n_processes : int
        Between how many the columns will be divided; up to four, the order is the same.

    Attributes
    ----------
    shuffle_buffer_bytes : int
        What all shuffle buffers take: an eighth of `isthmus.io.memory_budget` at most, but a block.
    """

    def __init__(
        self,
        dataset: Dataset,
        preparation: Preparation,
        batch_size: int,
        left_out: np.ndarray,
        n_processes: int = 1,
    ) -> None:
        self._dataset, self._preparation, self._left_out = dataset, preparation, left_out
        self._dtype = preparation.stored_dtype(dataset.schema)
        budget = memory_budget()
        row_bytes = preparation.n_features * self._dtype.itemsize
        self.n_rows = dataset.n_rows - len(left_out)
        self.batch_size, self.n_steps, self.steps_per_block = cut(
            self.n_rows, batch_size, row_bytes, budget // _BLOCKS_IN_BUDGET
        )
        affordable = budget // (_BUFFERS_IN_BUDGET * row_bytes)
        capacity = self.steps_per_block * self.batch_size
        self._n_buffered = max(capacity, min(affordable, self.n_rows // _BUFFERS_IN_EPOCH))
        self._groups = list(dataset.row_groups())
        # A row group between two shards is read twice.
        self._n_shards = min(max(_LEAST_SHARDS, n_processes), len(self._groups))
        self._n_read = affordable_rows(preparation.n_features)
        self._n_chunk = max(_LEAST_CHUNK, _CHUNK_BYTES // row_bytes)
        self.shuffle_buffer_bytes = self._n_buffered * row_bytes

    def epoch(
        self,
        generator: np.random.Generator | None = None,
        columns: slice = slice(None),
        buffer: DoubleBuffer | None = None,
    ) -> Iterator[Block]:
        """Yield all rows once, in an order drawn from `generator`, or as they are without one.

        `columns` asks for a part of every minibatch only. Rows are read and drawn in a thread,
        which ends when the iterator does; as it works ahead, it uses no `buffer`.
        """
        return self.epochs([generator], columns)

    def epochs(
        self,
        generators: Iterable[np.random.Generator | None],
        columns: slice = slice(None),
        buffer: DoubleBuffer | None = None,
    ) -> Iterator[Block]:
        """Yield the blocks of one epoch after the other, each with a generator of its own.

        The first rows of an epoch are read while the last ones of the former are used.
        """
        blocks = (block for drawn in generators for block in self._blocks(drawn, columns))
        return read_ahead(blocks, _BLOCKS_AHEAD)

    def _blocks(self, generator: np.random.Generator | None, columns: slice) -> Iterator[Block]:
        start, stop, _ = columns.indices(self.batch_size)
        shards = self._whole() if generator is None else self._drawn_shards(generator)
        shards = [shard for shard in shards if shard.start < stop and shard.stop > start]
        capacity = self.steps_per_block * self.batch_size
        for first in range(0, self.n_rows, capacity):
            rows = self._empty((self.steps_per_block, stop - start))
            for shard in shards:
                left, right = max(shard.start, start), min(shard.stop, stop)
                minibatches = self._minibatches(next(shard.rows, rows[:0, 0]), shard.width)
                own = slice(left - shard.start, right - shard.start)
                rows[:, left - start : right - start] = minibatches[:, own]
            n_rows = min(capacity, self.n_rows - first)
            yield Block(rows, n_rows, None, self.batch_size)
            del rows

    def _whole(self) -> list[_Shard]:
        """Give a single shard, in which rows keep their order."""
        return [
            _Shard(
                0,
                self.batch_size,
                self._ordered(self._prepared_chunks(self._groups, 0, self.n_rows)),
            )
        ]

    def _drawn_shards(self, generator: np.random.Generator) -> list[_Shard]:
        groups = [self._groups[i] for i in generator.permutation(len(self._groups))]
        width = -(-self.batch_size // self._n_shards)
        # The last minibatch may not be full.
        n_last = self.n_rows - (self.n_steps - 1) * self.batch_size
        shards: list[_Shard] = []
        first_row = 0
        for start, child in zip(
            range(0, self.batch_size, width), generator.spawn(self._n_shards), strict=False
        ):
            stop = min(start + width, self.batch_size)
            n_rows = (self.n_steps - 1) * (stop - start) + min(max(n_last - start, 0), stop - start)
            chunks = self._prepared_chunks(groups, first_row, first_row + n_rows)
            shards.append(_Shard(start, stop, self._drawn(chunks, stop - start, child)))
            first_row += n_rows
        return shards

    def _ordered(self, chunks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        source = _Source(chunks)
        while True:
            rows = self._empty((self.steps_per_block * self.batch_size,))
            n_rows = source.fill(rows, np.arange(len(rows)))
            if not n_rows:
                return
            yield rows[:n_rows]

    def _drawn(
        self, chunks: Iterator[np.ndarray], width: int, generator: np.random.Generator
    ) -> Iterator[np.ndarray]:
        source = _Source(chunks)
        capacity = self.steps_per_block * width
        buffer = self._empty((max(capacity, self._n_buffered * width // self.batch_size),))
        left = np.arange(source.fill(buffer, np.arange(len(buffer))))
        while len(left) == len(buffer):
            places = generator.choice(len(buffer), capacity, replace=False)
            yield buffer[places]
            n_new = source.fill(buffer, places)
            if n_new < capacity:
                left = np.setdiff1d(left, places[n_new:])
        generator.shuffle(left)
        for start in range(0, len(left), capacity):
            yield buffer[left[start : start + capacity]]

    def _prepared_chunks(
        self, groups: Sequence[RowGroup], start: int, stop: int
    ) -> Iterator[np.ndarray]:
        """Yield the rows from `start` to `stop` of these groups, without those left out."""
        for group in groups:
            end = group.first_row + group.n_rows
            n_rows = group.n_rows - len(self._left_out_between(group.first_row, end))
            if start < n_rows and stop > 0:
                yield from self._prepared_group(group, max(start, 0), min(stop, n_rows))
            start, stop = start - n_rows, stop - n_rows

    def _prepared_group(self, group: RowGroup, start: int, stop: int) -> Iterator[np.ndarray]:
        first, n_before = group.first_row, 0
        for chunk in self._raw_chunks(group):
            left_out = self._left_out_between(first, first + len(chunk))
            n_rows = len(chunk) - len(left_out)
            if n_before + n_rows > start:
                rows = self._preparation.transform(chunk, self._dataset.source, first)
                if len(left_out):
                    rows = np.delete(rows, left_out - first, axis=0)
                yield rows[max(start - n_before, 0) : stop - n_before]
                del rows
            first, n_before = first + len(chunk), n_before + n_rows
            del chunk
            if n_before >= stop:
                break
        if n_before < stop or first > group.first_row + group.n_rows:
            raise DataError(
                f"{self._dataset.source} gave other rows than the {self._dataset.n_rows:,} that it "
                "promised when it was opened: it has changed, so open it again."
            )

    def _raw_chunks(self, group: RowGroup) -> Iterator[Rows]:
        """Cut what is read at once: small arrays, all of one size, leave no holes in memory."""
        for chunk in group.chunks(self._n_read):
            if len(chunk) <= 2 * self._n_chunk:
                yield chunk
                continue
            for start in range(0, len(chunk), self._n_chunk):
                yield _cut(chunk, start, self._n_chunk)
            del chunk

    def _left_out_between(self, first: int, stop: int) -> np.ndarray:
        return self._left_out[slice(*np.searchsorted(self._left_out, (first, stop)))]

    def _minibatches(self, rows: np.ndarray, width: int) -> np.ndarray:
        """Cut a shard's rows into minibatches, zeros after them in the last one."""
        whole = rows
        if len(rows) < self.steps_per_block * width:
            whole = self._empty((self.steps_per_block * width,))
            whole[: len(rows)] = rows
            whole[len(rows) :] = 0
        return whole.reshape(self.steps_per_block, width, -1)

    def _empty(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.empty((*shape, self._preparation.n_features), self._dtype)


def _cut(rows: Any, start: int, n_rows: int) -> Rows:
    if isinstance(rows, pa.Table):
        return rows.slice(start, n_rows)
    return rows[start : start + n_rows]


@dataclass(frozen=True)
class _Shard:
    """Columns of every minibatch, from `start` to `stop`, and block by block their rows."""

    start: int
    stop: int
    rows: Iterator[np.ndarray]

    @property
    def width(self) -> int:
        return self.stop - self.start


class _Source:
    """Rows that come in chunks of any size, given in numbers that are asked for."""

    def __init__(self, chunks: Iterator[np.ndarray]) -> None:
        self._chunks = chunks
        self._chunk: np.ndarray | None = None

    def fill(self, target: np.ndarray, places: np.ndarray) -> int:
        """Put the next rows to these places; give how many there were."""
        filled = 0
        while filled < len(places):
            if self._chunk is None or not len(self._chunk):
                self._chunk = next(self._chunks, None)
                if self._chunk is None:
                    break
            some = self._chunk[: len(places) - filled]
            target[places[filled : filled + len(some)]] = some
            self._chunk = self._chunk[len(some) :]
            filled += len(some)
        return filled
