"""What readers of arrow's tables share: row groups, schemas, and rows that keep their promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.dataset import (
    Dataset,
    RowGroup,
    Rows,
    Schema,
    refuse_repeated_names,
    schema_of_columns,
)
from isthmus.io.failures import refusing
from isthmus.io.index import feature_columns
from isthmus.io.joined import regrouped

_LEAST_GROUP_ROWS = 16_384


def joined_row_groups(
    sizes: Sequence[int], read: Callable[[range, int, int], Iterator[Rows]]
) -> Sequence[RowGroup]:
    """Join neighbouring row groups until one is worth a reader of its own."""
    groups: list[RowGroup] = []
    first_row = first_group = n_rows = 0
    for i, size in enumerate(sizes):
        n_rows += size
        if n_rows >= _LEAST_GROUP_ROWS or i == len(sizes) - 1:
            own = partial(read, range(first_group, i + 1), n_rows)
            groups.append(RowGroup(first_row, n_rows, own))
            first_row, first_group, n_rows = first_row + n_rows, i + 1, 0
    return groups


def rows_of(groups: Sequence[RowGroup], n_rows: int) -> Iterator[pa.Table]:
    """Yield the rows of row groups of tables in order, `n_rows` at a time."""
    pieces = (piece for group in groups for piece in group.chunks(n_rows))
    return regrouped((piece for piece in pieces if isinstance(piece, pa.Table)), n_rows)


def schema_of(schema: pa.Schema, source: str, names: Sequence[str] | None) -> Schema:
    """Give the schema of these columns, or of all but those that hold an index."""
    if not schema.names:
        raise DataError(f"{source} holds a table without columns: there is nothing to read.")
    refuse_repeated_names(schema.names, source)
    chosen = feature_columns(schema) if names is None else names
    if not chosen:
        raise DataError(
            f"{source} holds nothing but an index of pandas' ({', '.join(schema.names)}): "
            "name those of its columns that are features, or write it with reset_index()."
        )
    return schema_of_columns(schema, chosen)


def checked_tables(
    dataset: Dataset, batches: Iterator[pa.RecordBatch], n_promised: int
) -> Iterator[pa.Table]:
    """Yield the batches as checked tables, and see that they are as many rows as promised."""
    found = 0
    names = list(dataset.schema.names or ())
    with refusing(dataset.source, "a table", DataError):
        for batch in batches:
            # Arrow trusts the offsets and the text inside a file; a damaged one could otherwise
            # crash whoever touches the column later.
            batch.validate(full=True)
            found += batch.num_rows
            yield pa.Table.from_batches([batch]).select(names)
    if found != n_promised:
        raise DataError(
            f"{dataset.source} holds {found:,} rows, but promised {n_promised:,} when it was "
            "opened: it is damaged or has changed, so open it or write it again."
        )


def check_frame(path: Path, source: str, kind: str, magic: bytes) -> None:
    """Raise `DataError` unless the file starts and ends with the format's signature."""
    with path.open("rb") as file:
        start = file.read(len(magic))
        file.seek(max(0, path.stat().st_size - len(magic)))
        end = file.read()
    if start != magic:
        raise DataError(
            f"{source} is not {kind}: it starts with {start!r} instead of {magic!r}, "
            "so check what it is and give it the right suffix."
        )
    if end != magic:
        raise DataError(
            f"{source} is cut off: it does not end as {kind} must, so fetch or write it again."
        )
