"""Rows, shuffled and cut into blocks of minibatches of one fixed shape.

A fixed shape means that data of any length run the same compiled program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import NamedTuple, Protocol, final

import numpy as np

from isthmus.training.orders import AllOnce, Order

_BLOCK_BYTES = 32 * 2**20
_MOST_STEPS = 512
_FEWEST_ROWS = 32
NOWHERE = np.iinfo(np.uint32).max
"""A position at which there is no row."""
# JAX takes memory at multiples of this many bytes as it is, and copies other.
_ALIGNMENT = 64


class Block(NamedTuple):
    """Some minibatches in a row: ``rows`` is ``(steps, batch, features)``, ``targets`` likewise.

    Only the first `n_rows` rows count; what fills up their last minibatch is zero. A process of
    several holds some columns of every minibatch, but counts the rows of all.
    """

    rows: np.ndarray
    n_rows: int
    targets: np.ndarray | None = None
    batch_size: int | None = None  # of all processes together, where there are several

    @property
    def n_steps(self) -> int:
        """Minibatches that hold at least one row that counts."""
        return -(-self.n_rows // (self.batch_size or self.rows.shape[1]))


@final
class DoubleBuffer:
    """Memory for one block after the other, where nobody needs the last but one any more.

    Fresh memory has to be brought in page by page, which takes as long as filling it.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def empty(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Give an array of this shape, in the memory of the last but one of this name."""
        n_bytes = prod(shape) * dtype.itemsize
        nothing = np.empty(0, np.uint8)
        array, last = self._held.get(name, (nothing, nothing))
        if len(array) < n_bytes:
            array = np.empty(n_bytes + _ALIGNMENT, np.uint8)
            array = array[-array.ctypes.data % _ALIGNMENT :]
        self._held[name] = last, array
        return array[:n_bytes].view(dtype).reshape(shape)


class Batches(Protocol):
    """Minibatches of rows, wherever the rows are; epoch after epoch in other orders."""

    n_rows: int
    batch_size: int
    n_steps: int
    steps_per_block: int

    def epoch(
        self,
        generator: np.random.Generator | None = None,
        columns: slice = slice(None),
        buffer: DoubleBuffer | None = None,
    ) -> Iterator[Block]:
        """Yield the rows of an epoch, in an order drawn from `generator`, if there is one.

        `columns` asks for a part of every minibatch only. With `buffer` a block may be lost
        when the next but one is asked for.
        """
        ...

    def epochs(
        self,
        generators: Iterable[np.random.Generator],
        columns: slice = slice(None),
        buffer: DoubleBuffer | None = None,
    ) -> Iterator[Block]:
        """Yield the blocks of one epoch after the other, each with a generator of its own."""
        ...


@final
class ArrayBatches:
    """Minibatches of a matrix in memory.

    Parameters
    ----------
    matrix : ndarray, shape (rows, features)
        Prepared rows, stored as `isthmus.prepare.Preparation.transform` gives them.
    batch_size : int
        Rows in a minibatch; less where there are fewer rows.
    order : Order or None
        Which rows an epoch takes; all once by default.
    targets : ndarray, shape (all rows of the matrix, …), or None
        What is to be told from each row.

    Attributes
    ----------
    matrix, targets : ndarray
        As they were given.
    """

    def __init__(
        self,
        matrix: np.ndarray,
        batch_size: int,
        order: Order | None = None,
        targets: np.ndarray | None = None,
    ) -> None:
        self.matrix, self.targets = matrix, targets
        self._order = AllOnce(np.arange(len(matrix))) if order is None else order
        self.n_rows = len(self._order)
        self.batch_size, self.n_steps, self.steps_per_block = cut(
            self.n_rows, batch_size, matrix.shape[1] * matrix.itemsize
        )

    def epoch(
        self,
        generator: np.random.Generator | None = None,
        columns: slice = slice(None),
        buffer: DoubleBuffer | None = None,
    ) -> Iterator[Block]:
        """Yield the rows of an epoch, in the order that `generator` draws.

        `columns` asks for a part of every minibatch only. With `buffer` a block is lost when
        the next but one is asked for.
        """
        positions = self._order.draw(generator)
        capacity = self.steps_per_block * self.batch_size
        for start in range(0, self.n_rows, capacity):
            chosen = positions[start : start + capacity]
            own = buffer or DoubleBuffer()
            rows = self._take(self.matrix, chosen, columns, own, "rows")
            targets = None
            if self.targets is not None:
                targets = self._take(self.targets, chosen, columns, own, "targets")
            yield Block(rows, len(chosen), targets, self.batch_size)

    def epochs(
        self,
        generators: Iterable[np.random.Generator],
        columns: slice = slice(None),
        buffer: DoubleBuffer | None = None,
    ) -> Iterator[Block]:
        """Yield the blocks of one epoch after the other, each with a generator of its own."""
        for generator in generators:
            yield from self.epoch(generator, columns, buffer)

    def positions(self, generator: np.random.Generator | None = None) -> np.ndarray:
        """Give where the rows of an epoch are: ``(steps, batch)``, for who gathers them himself.

        What fills up the last minibatch, and steps up to a power of two, lies beyond all rows.
        """
        positions = np.full((_power_of_two(self.n_steps), self.batch_size), NOWHERE, np.uint32)
        positions.reshape(-1)[: self.n_rows] = self._order.draw(generator)
        return positions

    def _take(
        self,
        source: np.ndarray,
        chosen: np.ndarray,
        columns: slice,
        buffer: DoubleBuffer,
        name: str,
    ) -> np.ndarray:
        """Gather rows into minibatches, zeros after them in the last one."""
        steps, size = self.steps_per_block, self.batch_size
        n_used = -(-len(chosen) // size)
        last = len(chosen) - (n_used - 1) * size
        if columns != slice(None):
            start, stop, _ = columns.indices(size)
            whole = np.pad(chosen, (0, n_used * size - len(chosen))).reshape(n_used, size)
            size, last = stop - start, min(max(last - start, 0), stop - start)
            chosen = whole[:, columns].ravel()[: (n_used - 1) * size + last]
        rows = buffer.empty(name, (steps * size, *source.shape[1:]), source.dtype)
        np.take(source, chosen, axis=0, out=rows[: len(chosen)], mode="clip")
        rows[len(chosen) : n_used * size] = 0
        return rows.reshape(steps, size, *source.shape[1:])


def cut(
    n_rows: int, batch_size: int, row_bytes: int, most_bytes: int | None = None
) -> tuple[int, int, int]:
    """Give the rows of a minibatch, the minibatches of an epoch, and those of a block."""
    # Few rows are filled up too, so that a handful runs the program of another handful.
    batch_size = min(int(batch_size), max(_power_of_two(n_rows), _FEWEST_ROWS))
    n_steps = -(-n_rows // batch_size)
    block_bytes = _BLOCK_BYTES if most_bytes is None else min(_BLOCK_BYTES, most_bytes)
    most = max(1, min(_MOST_STEPS, block_bytes // max(batch_size * row_bytes, 1)))
    return batch_size, n_steps, min(_power_of_two(most + 1) // 2, _power_of_two(n_steps))


def _power_of_two(number: int) -> int:
    """Give the least power of two that is no less than `number`."""
    return 1 << max(number - 1, 0).bit_length()
