"""Which columns predict which: at most two parents for each, found on a sample.

Columns are placed one after another, next the one that those before it tell most about. Each gets
the parents among those before it that make it shortest.

References
----------
Chow & Liu (1968), Approximating discrete probability distributions with dependence trees; Davies
& Moore (1999), Bayesian networks for lossless dataset compression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.compression.table.code_length import (
    ALL_PRIORS,
    DISCOUNTS,
    FEW_PRIORS,
    STRENGTHS,
    Learned,
    Prior,
    learned,
)
from isthmus.compression.varint import read_varint, varint
from isthmus.errors import ArchiveError

MOST_COUNTS = 2**21
"""Of one column: its values times those of its parents."""

_MOST_COUNTS_IN_ALL = 2**25
_ROWS = 2**19
_LEAST_ROWS, _MOST_ROWS = 4_096, 32_768
_CANDIDATES = 6
_PAIRS_OF = 3
_MOST_COLUMNS = 1_024


@final
@dataclass(frozen=True)
class Node:
    """A column with what it is predicted from.

    Parameters
    ----------
    column : int
        Which.
    contexts : tuple of tuple of int
        The parents of each context, widest first: nothing, one column, two.
    priors : tuple of Prior
        One for each context.
    """

    column: int
    contexts: tuple[tuple[int, ...], ...]
    priors: tuple[Prior, ...]


def learn(columns: np.ndarray, sizes: np.ndarray, after: dict[int, int]) -> list[Node]:
    """Find the network for columns ``(columns, rows)``, in the order in which to code.

    `after` says which columns come after which, as the lower digits of a number after the higher.
    """
    n_columns = len(columns)
    n_rows = min(max(_ROWS // n_columns, _LEAST_ROWS), _MOST_ROWS)
    columns = columns[:, :: max(1, columns.shape[1] // n_rows)]
    alone = [_alone(values, size) for values, size in zip(columns, sizes, strict=True)]
    saved = np.zeros((n_columns, n_columns))
    for i in range(n_columns):
        for j in range(n_columns):
            if i != j and sizes[i] * sizes[j] <= MOST_COUNTS:
                around = alone[i].probabilities
                own = learned(columns[i], columns[j], int(sizes[i]), around, FEW_PRIORS)
                saved[i, j] = alone[i].bits - own.bits
    left, nodes = _MOST_COUNTS_IN_ALL, []
    order = _order(saved, after)
    for position, i in enumerate(order):
        node = _node(i, order[:position], columns, sizes, alone[i], saved[i], left)
        left -= counts_of(node, sizes)
        nodes.append(node)
    return nodes


def counts_of(node: Node, sizes: np.ndarray) -> int:
    """Give how many numbers a node has to count."""
    return int(sizes[node.column]) * sum(n_of(context, sizes) for context in node.contexts)


def n_of(context: tuple[int, ...], sizes: np.ndarray) -> int:
    """Give how many values the parents of a context have together."""
    return int(np.prod(sizes[list(context)], dtype=np.int64))


def numbered(context: tuple[int, ...], columns: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Give the number of the parents' values in each row: ``(rows,)``, from 0 to `n_of`."""
    ids = np.zeros(columns.shape[1], np.int64)
    for parent in context:
        ids = ids * int(sizes[parent]) + columns[parent]
    return ids


def to_bytes(nodes: list[Node]) -> bytes:
    """Give a network as bytes."""
    parts = [varint(len(nodes))]
    for node in nodes:
        parts += [varint(node.column), varint(len(node.contexts))]
        for context, prior in zip(node.contexts, node.priors, strict=True):
            parts.append(bytes([len(context), prior.strength, prior.discount]))
            parts += [varint(parent) for parent in context]
    return b"".join(parts)


def from_bytes(data: bytes, at: int) -> tuple[list[Node], int]:
    """Read what `to_bytes` gave, and where it ends.

    Raises
    ------
    ArchiveError
        It is damaged.
    """
    n_nodes, at = read_varint(data, at)
    nodes, known = [], set[int]()
    if not 1 <= n_nodes <= _MOST_COLUMNS:
        raise _damaged()
    for _ in range(n_nodes):
        column, at = read_varint(data, at)
        n_contexts, at = read_varint(data, at)
        contexts, priors = [], []
        if not 1 <= n_contexts <= 3 or column in known or column >= n_nodes:
            raise _damaged()
        for _ in range(n_contexts):
            if at + 3 > len(data):
                raise _damaged()
            n_parents, strength, discount = data[at : at + 3]
            at, parents = at + 3, []
            for _ in range(min(n_parents, 3)):
                parent, at = read_varint(data, at)
                parents.append(parent)
            if n_parents > 2 or not known.issuperset(parents):
                raise _damaged()
            if strength >= len(STRENGTHS) or discount >= len(DISCOUNTS):
                raise _damaged()
            contexts.append(tuple(parents))
            priors.append(Prior(strength, discount))
        if contexts[0]:
            raise _damaged()
        known.add(column)
        nodes.append(Node(column, tuple(contexts), tuple(priors)))
    return nodes, at


def _alone(values: np.ndarray, size: int) -> Learned:
    return learned(values, np.zeros_like(values), int(size), 1 / int(size), ALL_PRIORS)


def _order(saved: np.ndarray, after: dict[int, int]) -> list[int]:
    n_columns = len(saved)
    first = [i for i in range(n_columns) if i not in after]
    order = [max(first, key=lambda i: saved[:, i].sum())]
    gains = saved[:, order[0]].copy()
    while len(order) < n_columns:
        waiting = [
            i for i in range(n_columns) if i not in order and after.get(i, order[0]) in order
        ]
        order.append(max(waiting, key=lambda i: gains[i]))
        gains = np.maximum(gains, saved[:, order[-1]])
    return order


def _node(
    i: int,
    before: list[int],
    columns: np.ndarray,
    sizes: np.ndarray,
    alone: Learned,
    saved: np.ndarray,
    left: int,
) -> Node:
    """Try one parent, then two, of those that tell most."""
    size, most = int(sizes[i]), min(MOST_COUNTS, left // 2)
    near = [j for j in sorted(before, key=lambda j: -saved[j]) if size * sizes[j] <= most]
    near = near[:_CANDIDATES]
    best = alone.bits, ((),)
    singles = {}
    for j in near:
        singles[j] = own = learned(columns[i], columns[j], size, alone.probabilities, FEW_PRIORS)
        best = min(best, (own.bits, ((), (j,))))
    for j in sorted(singles, key=lambda j: singles[j].bits)[:_PAIRS_OF]:
        for k in near:
            if k == j or size * int(sizes[j] * sizes[k]) > most:
                continue
            pair = numbered((j, k), columns, sizes)
            for around, contexts in (
                (singles[j], ((), (j,), (j, k))),
                (alone, ((), (j, k))),
            ):
                own = learned(columns[i], pair, size, around.probabilities, FEW_PRIORS)
                best = min(best, (own.bits, contexts))
    return _with_priors(i, best[1], columns, sizes, alone)


def _with_priors(
    i: int,
    contexts: tuple[tuple[int, ...], ...],
    columns: np.ndarray,
    sizes: np.ndarray,
    alone: Learned,
) -> Node:
    found, priors = alone, [alone.prior]
    for context in contexts[1:]:
        ids = numbered(context, columns, sizes)
        found = learned(columns[i], ids, int(sizes[i]), found.probabilities, ALL_PRIORS)
        priors.append(found.prior)
    return Node(i, contexts, tuple(priors))


def _damaged() -> ArchiveError:
    return ArchiveError("the network of a table is damaged.")
