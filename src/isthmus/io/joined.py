"""Several files as one: the same columns or the same shape, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, RowGroup, Rows, Schema, TableDataset

_WIDENING = (pa.null(), pa.int64(), pa.float64())


@final
class JoinedDataset(Dataset):
    """Rows of several datasets that share one schema, in order.

    Parameters
    ----------
    members : sequence of Dataset
        At least one.
    source : str, optional
        The name for messages; by default the first member's, and how many more.

    Examples
    --------
    >>> import numpy as np
    >>> from isthmus.io.dataset import ArrayDataset
    >>> joined = JoinedDataset([ArrayDataset(np.zeros((2, 3))), ArrayDataset(np.ones((1, 3)))])
    >>> joined.n_rows, joined.to_memory().shape
    (3, (3, 3))
    """

    def __init__(self, members: Sequence[Dataset], source: str | None = None) -> None:
        if not members:
            raise DataError("There are no files to join: name at least one.")
        members = _widened(members)
        first = members[0]
        _refuse_differences([(member.schema, member.source) for member in members])
        self.source = source or f"{first.source} and {len(members) - 1} more"
        self.schema = first.schema
        self.n_rows = sum(member.n_rows for member in members)
        self.index_names = tuple(
            name
            for name in first.index_names
            if all(name in member.index_names for member in members)
        )
        self._members = members

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Rows]:
        """Yield the rows in order, at most `n_rows` at a time."""
        pieces = (chunk for member in self._members for chunk in member.chunks(n_rows))
        if self.schema.names is None:
            return pieces
        return regrouped((piece for piece in pieces if isinstance(piece, pa.Table)), n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give the row groups of all members."""
        groups: list[RowGroup] = []
        first_row = 0
        for member in self._members:
            groups += [group.after(first_row) for group in member.row_groups()]
            first_row += member.n_rows
        return groups

    def select(self, names: Sequence[str]) -> JoinedDataset:
        """Give the same rows with these columns only, in this order."""
        self._require(names)
        return JoinedDataset([member.select(names) for member in self._members], self.source)


def regrouped(tables: Iterator[pa.Table], n_rows: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of `n_rows`, but for the last.

    Files arrive in pieces of their own size (row groups, small files); every new size of a
    chunk would cost the training a compilation.
    """
    waiting: list[pa.Table] = []
    held = 0
    for table in tables:
        waiting.append(table)
        held += table.num_rows
        if held < n_rows:
            continue
        together = pa.concat_tables(waiting)
        whole = held - held % n_rows
        for start in range(0, whole, n_rows):
            yield together.slice(start, n_rows)
        waiting, held = [together.slice(whole)], held - whole
    if held:
        yield pa.concat_tables(waiting)


def common_kinds(files: Sequence[tuple[pa.Schema, str]]) -> dict[str, pa.DataType]:
    """Give the type of each column that holds what all of these files, with their names, have.

    Raises
    ------
    DataError
        There is none, or they have other columns.
    """
    # A difference in names is the plainer one, so it is told first.
    _refuse_differences([(_described(schema.names), source) for schema, source in files])
    widest = _widest_kinds([schema for schema, _ in files])
    wide = [(_with_kinds(schema, widest), source) for schema, source in files]
    _refuse_differences(
        [(_described(schema.names, schema.types), source) for schema, source in wide]
    )
    first, _ = wide[0]
    return dict(zip(first.names, first.types, strict=True))


def _described(names: Sequence[str], kinds: Sequence[pa.DataType] | None = None) -> Schema:
    dtypes = ("",) * len(names) if kinds is None else tuple(map(str, kinds))
    return Schema(tuple(names), dtypes, (len(names),))


def _refuse_differences(files: Sequence[tuple[Schema, str]]) -> None:
    first, first_source = files[0]
    for schema, source in files[1:]:
        difference = _difference(first, schema)
        if difference:
            raise DataError(
                f"{source} {difference} {first_source}: "
                "files that are read together must agree, so mend it or leave it out."
            )


def _difference(first: Schema, other: Schema) -> str:
    """Say how `other` differs from `first`, as the middle of a sentence; "" if it does not."""
    if first.names is None or other.names is None:
        return "" if first == other else f"holds rows of {other}, not of {first} like"
    lacking = next((name for name in first.names if name not in set(other.names)), None)
    if lacking is not None:
        return f"has no column {lacking!r}, unlike"
    extra = next((name for name in other.names if name not in set(first.names)), None)
    if extra is not None:
        return f"has a column {extra!r}, unlike"
    if first.names != other.names:
        return "has the same columns in another order than"
    for name, expected, found in zip(first.names, first.dtypes, other.dtypes, strict=True):
        if expected != found:
            return f"has {found} in column {name!r}, not {expected} like"
    return ""


def _widened(members: Sequence[Dataset]) -> Sequence[Dataset]:
    # The types of a csv file are guesses from its own values: a column that shows only integers,
    # or nothing at all, in one file may hold fractions in the next.
    tables = [member for member in members if isinstance(member, TableDataset)]
    if len(tables) < len(members) or len({member.schema.names for member in members}) > 1:
        return members
    schemas = [table.arrow_schema for table in tables]
    widest = _widest_kinds(schemas)
    return [
        table.cast(_with_kinds(schema, widest))
        for table, schema in zip(tables, schemas, strict=True)
    ]


def _widest(kinds: Sequence[pa.DataType]) -> pa.DataType | None:
    """Give the type that holds all of `kinds`, but for text among numbers, without loss."""
    known = {kind for kind in kinds if not pa.types.is_null(kind)}
    if len(known) <= 1:
        return known.pop() if known else pa.null()
    return pa.float64() if pa.float64() in known else None


def _widest_kinds(schemas: Sequence[pa.Schema]) -> list[pa.DataType | None]:
    columns = zip(*(schema.types for schema in schemas), strict=True)
    return [_widest(kinds) for kinds in columns]


def _with_kinds(schema: pa.Schema, kinds: Sequence[pa.DataType | None]) -> pa.Schema:
    return pa.schema(
        field.with_type(kind) if kind is not None and field.type in _WIDENING else field
        for field, kind in zip(schema, kinds, strict=True)
    )
