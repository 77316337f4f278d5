"""Rows, shuffled and cut into blocks of minibatches of one fixed shape.

A fixed shape means that data of any length run the same compiled program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, final

import numpy as np

_BLOCK_BYTES = 32 * 2**20
_MOST_STEPS = 512


class Block(NamedTuple):
    """Some minibatches in a row: ``rows`` is ``(steps, batch, features)``.

    Only the first `n_rows` rows count; what fills up their last minibatch is zero.
    """

    rows: np.ndarray
    n_rows: int

    @property
    def n_steps(self) -> int:
        """Minibatches that hold at least one row that counts."""
        return -(-self.n_rows // self.rows.shape[1])


@final
class ArrayBatches:
    """Minibatches of a matrix in memory; every row exactly once an epoch.

    Parameters
    ----------
    matrix : ndarray, shape (rows, features)
        Prepared rows, stored as `isthmus.prepare.Preparation.transform` gives them.
    batch_size : int
        Rows in a minibatch; less where there are fewer rows.
    rows : ndarray of int or None
        Which rows to use; all by default.
    """

    def __init__(self, matrix: np.ndarray, batch_size: int, rows: np.ndarray | None = None) -> None:
        self._matrix = matrix
        self._rows = np.arange(len(matrix)) if rows is None else rows
        self.n_rows = len(self._rows)
        self.batch_size = min(batch_size, _power_of_two(self.n_rows))
        self.n_steps = -(-self.n_rows // self.batch_size)
        batch_bytes = self.batch_size * matrix.shape[1] * matrix.itemsize
        most = max(1, min(_MOST_STEPS, _BLOCK_BYTES // max(batch_bytes, 1)))
        self.steps_per_block = min(_power_of_two(most + 1) // 2, _power_of_two(self.n_steps))

    def epoch(self, generator: np.random.Generator | None = None) -> Iterator[Block]:
        """Yield all rows once, in an order drawn from `generator`, or as they are without one."""
        order = self._rows if generator is None else generator.permutation(self._rows)
        capacity = self.steps_per_block * self.batch_size
        for start in range(0, self.n_rows, capacity):
            chosen = order[start : start + capacity]
            rows = np.empty((capacity, self._matrix.shape[1]), self._matrix.dtype)
            np.take(self._matrix, chosen, axis=0, out=rows[: len(chosen)], mode="clip")
            rows[len(chosen) : -(-len(chosen) // self.batch_size) * self.batch_size] = 0
            yield Block(rows.reshape(self.steps_per_block, self.batch_size, -1), len(chosen))


def _power_of_two(number: int) -> int:
    """Give the least power of two that is no less than `number`."""
    return 1 << max(number - 1, 0).bit_length()
