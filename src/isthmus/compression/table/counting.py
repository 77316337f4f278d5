"""Probabilities from what was counted so far, as the coder needs them: the same everywhere.

Sums are of whole numbers; of floats there are single sums, products and quotients alone, which
IEEE 754 leaves no choice to round.
"""

from __future__ import annotations

from typing import final

import numpy as np

from isthmus.compression.rans import TOTAL
from isthmus.compression.table.code_length import DISCOUNTS, STRENGTHS
from isthmus.compression.table.structure import Node, n_of, numbered


@final
class Counts:
    """What a node has counted in each of its contexts.

    Parameters
    ----------
    node : Node
        Whose.
    sizes : ndarray
        How many values each column has.
    """

    def __init__(self, node: Node, sizes: np.ndarray) -> None:
        self._node = node
        self._size = int(sizes[node.column])
        self._sizes = sizes
        self._counts = [
            np.zeros((n_of(context, sizes), self._size), np.int32) for context in node.contexts
        ]

    def tables(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the slots where each value begins, in the contexts of some rows.

        Parameters
        ----------
        columns : ndarray
            All columns of the rows, of which the parents are known: ``(columns, rows)``.

        Returns
        -------
        begins : ndarray
            ``(contexts, values + 1)``; the last is 2¹⁴.
        which : ndarray
            The context of each row.
        """
        ids = [numbered(context, columns, self._sizes) for context in self._node.contexts]
        # Rows whose last contexts are the same have the others in common, too.
        _, firsts, which = np.unique(ids[-1], return_index=True, return_inverse=True)
        p: np.ndarray | float = 1 / self._size
        for counts, own, prior in zip(self._counts, ids, self._node.priors, strict=True):
            p = _mended(counts[own[firsts]], p, STRENGTHS[prior[0]], DISCOUNTS[prior[1]])
        return _slots(np.asarray(p)), which

    def see(self, columns: np.ndarray) -> None:
        """Count the values of rows."""
        values = columns[self._node.column]
        for context, counts in zip(self._node.contexts, self._counts, strict=True):
            np.add.at(counts, (numbered(context, columns, self._sizes), values), 1)


def _mended(
    counts: np.ndarray, around: np.ndarray | float, strength: float, discount: float
) -> np.ndarray:
    """Give the probabilities of the values in each context; see `code_length`."""
    n = counts.sum(axis=1, dtype=np.int64, keepdims=True)
    share: np.ndarray | float = strength
    own: np.ndarray = counts
    if discount:
        share = np.count_nonzero(counts, axis=1, keepdims=True) * discount + strength
        own = np.maximum(counts - discount, 0.0)
    mended = around * share
    mended = own + mended
    return mended / (n + strength)


def _slots(p: np.ndarray) -> np.ndarray:
    size = p.shape[1]
    frequencies = np.floor(p * (TOTAL - size)).astype(np.int64) + 1
    # What rounding left goes to the likeliest.
    rest = TOTAL - frequencies.sum(axis=1)
    frequencies[np.arange(len(p)), p.argmax(axis=1)] += rest
    begins = np.zeros((len(p), size + 1), np.int64)
    np.cumsum(frequencies, axis=1, out=begins[:, 1:])
    return begins
