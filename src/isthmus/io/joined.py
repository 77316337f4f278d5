"""Several files of the same kind, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, Rows, Schema


@final
class JoinedDataset(Dataset):
    """The rows of several datasets that share one schema."""

    def __init__(self, members: Sequence[Dataset]) -> None:
        first = members[0]
        for member in members[1:]:
            if member.schema != first.schema:
                raise DataError(
                    f"{member.source} does not go with {first.source}: "
                    f"{_difference(first.schema, member.schema)}; "
                    "give only files that hold the same kind of rows."
                )
        self.source = f"{first.source} and {len(members) - 1} more"
        self.schema = first.schema
        self.n_rows = sum(member.n_rows for member in members)
        self._members = list(members)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Rows]:
        for member in self._members:
            yield from member.chunks(n_rows)

    def select(self, names: Sequence[str]) -> JoinedDataset:
        return JoinedDataset([member.select(names) for member in self._members])


def regrouped(tables: Iterator[pa.Table], n_rows: int) -> Iterator[pa.Table]:
    """Cut tables so that none has more than `n_rows` rows."""
    for table in tables:
        for start in range(0, table.num_rows, n_rows):
            yield table.slice(start, n_rows)


def _difference(first: Schema, other: Schema) -> str:
    if first.names is None or other.names is None or first.names == other.names:
        for name, kind, other_kind in zip(
            first.names or (), first.dtypes, other.dtypes, strict=False
        ):
            if kind != other_kind:
                return f"its column {name!r} holds {other_kind}, not {kind}"
        return f"its rows are {other}, not {first}"
    for name in first.names:
        if name not in other.names:
            return f"it has no column {name!r}"
    for name in other.names:
        if name not in first.names:
            return f"it has a column {name!r} besides"
    return "its columns come in another order"
