"""A codec for tables of whole numbers: a Bayesian network whose probabilities are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from isthmus.compression import rans
from isthmus.compression.codec import Codec
from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.promise import Promise
from isthmus.compression.table.counting import Counts
from isthmus.compression.table.digits import join, sizes_for, split, widths_for
from isthmus.compression.table.structure import (
    MOST_COUNTS,
    Node,
    counts_of,
    from_bytes,
    learn,
    to_bytes,
)
from isthmus.compression.varint import read_varint, varint
from isthmus.errors import ArchiveError

_MOST_COLUMNS = 128
_LARGEST = 2**28
_MOST_VALUES = 4_096
_MOST_COUNTS_IN_ALL = 2**26
# Rows that are coded before what was counted in them counts.
_FIRST_ROWS, _GROWTH, _MOST_ROWS = 32, 16, 4_096
_LANES = 256
_CODED, _PACKED = b"\0", b"\1"


class _Model(NamedTuple):
    widths: list[tuple[int, ...]]  # of each column's digits
    nodes: list[Node]


@final
@dataclass(frozen=True)
class BayesianNetwork(Codec, part_name="bayesian_network"):
    """Columns of small whole numbers, each predicted from at most two others.

    The network is learned on the sample; its probabilities are counted while a block is coded, so
    they take no room. Numbers of many values are split into digits, which are columns then.

    References
    ----------
    Davies & Moore (1999), Bayesian networks for lossless dataset compression; MacKay & Peto
    (1995), A hierarchical Dirichlet language model.
    """

    efforts = ("default", "small")

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return (
            block.ndim == 2
            and block.dtype.kind in "iu"
            and promise.exact
            and 0 < block.shape[1] <= _MOST_COLUMNS
            and len(block) > 0
            and int(block.min()) >= 0
            and int(block.max()) < _LARGEST
        )

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Learn the network."""
        largest = sample.max(axis=0)
        widths = [widths_for(int(most)) for most in largest]
        columns, sizes = _digits(sample, widths)
        after, at = dict[int, int](), 0
        for own in widths:
            after |= {at + i + 1: at + i for i in range(len(own))}
            at += len(own) + 1
        nodes = learn(columns, sizes, after)
        head = b"".join(bytes([len(own), own[0] if own else 0]) for own in widths)
        return varint(len(widths)) + head + to_bytes(nodes)

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        widths, nodes = _read(model)
        columns, sizes = _digits(block, widths) if self.takes(block, promise) else (block, None)
        if sizes is None or not _countable(nodes, sizes):
            # Other rows than those of the sample, so different that what was learned is no use.
            return _PACKED + pack(little_endian(block))
        starts, frequencies = [], []
        for rows, node, begins, which in _steps(columns, nodes, sizes):
            values = rows[node.column]
            first = begins[which, values]
            starts.append(first)
            frequencies.append(begins[which, values + 1] - first)
        head = b"".join(varint(int(most)) for most in block.max(axis=0))
        return (
            _CODED + head + rans.encode(np.concatenate(starts), np.concatenate(frequencies), _LANES)
        )

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        if data[:1] == _PACKED:
            size = int(np.prod(shape)) * dtype.itemsize
            return from_little_endian(unpack(data[1:], size), dtype, shape)
        widths, nodes = _read(model)
        if len(shape) != 2 or shape[1] != len(widths):
            raise ArchiveError("a table has another number of columns than its network.")
        at, sizes = 1, []
        for own in widths:
            largest, at = read_varint(data, at)
            if largest >= _LARGEST:
                raise ArchiveError("a column of a table is damaged.")
            sizes += sizes_for(largest, own)
        sizes = np.array(sizes)
        if not _countable(nodes, sizes):
            raise ArchiveError("a table has more values than any.")
        columns = np.zeros((len(sizes), shape[0]), np.int64)
        decoder = rans.Decoder(data[at:])
        for rows, node, begins, which in _steps(columns, nodes, sizes):
            # `rows` are a part of `columns`.
            rows[node.column] = _decoded(decoder, begins, which)
        decoder.finish()
        return _joined(columns, widths).astype(dtype)


def _steps(
    columns: np.ndarray, nodes: list[Node], sizes: np.ndarray
) -> Iterator[tuple[np.ndarray, Node, np.ndarray, np.ndarray]]:
    """Yield rows, a node, and the slots of its values, in the order of coding.

    Whoever decodes puts the node's values into the rows before going on.
    """
    counted = [Counts(node, sizes) for node in nodes]
    start, n_rows = 0, columns.shape[1]
    while start < n_rows:
        stop = min(start + min(_FIRST_ROWS + start // _GROWTH, _MOST_ROWS), n_rows)
        rows = columns[:, start:stop]
        for node, counts in zip(nodes, counted, strict=True):
            yield rows, node, *counts.tables(rows)
            counts.see(rows)
        start = stop


def _decoded(decoder: rans.Decoder, begins: np.ndarray, which: np.ndarray) -> np.ndarray:
    n_values = begins.shape[1] - 1
    flat = (begins[:, :-1] + np.arange(len(begins))[:, None] * rans.TOTAL).reshape(-1)

    def find(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
        own = which[part]
        found = np.searchsorted(flat, slots + own * rans.TOTAL, "right") - 1 - own * n_values
        first = begins[own, found]
        return found, first, begins[own, found + 1] - first

    return decoder.read(len(which), find)


def _digits(block: np.ndarray, widths: list[tuple[int, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Give all digits of all columns, ``(digits, rows)``, and how many values each has."""
    columns, sizes = [], []
    for column, own in zip(block.T.astype(np.int64), widths, strict=True):
        columns += split(column, own)
        sizes += sizes_for(int(column.max()), own)
    return np.stack(columns), np.array(sizes)


def _joined(columns: np.ndarray, widths: list[tuple[int, ...]]) -> np.ndarray:
    found, at = [], 0
    for own in widths:
        found.append(join(list(columns[at : at + len(own) + 1]), own))
        at += len(own) + 1
    return np.stack(found, axis=1)


def _countable(nodes: list[Node], sizes: np.ndarray) -> bool:
    if len(nodes) != len(sizes) or sizes.max() > _MOST_VALUES:
        return False
    counts = [counts_of(node, sizes) for node in nodes]
    return max(counts) <= 4 * MOST_COUNTS and sum(counts) <= _MOST_COUNTS_IN_ALL


def _read(model: bytes) -> _Model:
    n_columns, at = read_varint(model, 0)
    if n_columns > _MOST_COLUMNS or at + 2 * n_columns > len(model):
        raise ArchiveError("the network of a table is damaged.")
    head = model[at : at + 2 * n_columns]
    widths = [(width,) * n for n, width in zip(head[::2], head[1::2], strict=True)]
    if any(len(own) > 4 or max(own, default=1) > 9 or min(own, default=1) < 1 for own in widths):
        raise ArchiveError("the network of a table is damaged.")
    nodes, end = from_bytes(model, at + 2 * n_columns)
    if end != len(model) or len(nodes) != sum(len(own) + 1 for own in widths):
        raise ArchiveError("the network of a table is damaged.")
    return _Model(widths, nodes)
