"""The index of pandas in arrow tables: which columns hold it, and how it is given back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

import pyarrow as pa

_KEY, _OWN_KEY = b"pandas", b"isthmus.index"
# Such names are made up where an index has none, and outlive the metadata that tell of it.
_UNNAMED = re.compile(r"Unnamed: 0(\.\d+)*")
MADE_UP_NAME = re.compile(r"__(index_level_\d+|null_dask_index)__")


Parsed = TypeVar("Parsed", list[Any], dict[str, Any])


def index_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Name the columns that hold an index, as pandas' metadata or made-up names tell.

    Examples
    --------
    >>> index_columns(pa.schema({"a": pa.float64(), "__index_level_0__": pa.int64()}))
    ('__index_level_0__',)
    """
    told = [*_entries(_metadata(schema), "index_columns"), *_parsed(schema, _OWN_KEY, list)]
    return tuple(name for name in schema.names if name in told or MADE_UP_NAME.fullmatch(name))


def feature_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Name the columns that hold no index."""
    index = index_columns(schema)
    return tuple(name for name in schema.names if name not in index)


def looks_like_index(table: pa.Table) -> bool:
    """Tell whether the first column is what readers make of an index that pandas wrote as text.

    Such a column has no name, or one that pandas made up, and numbers all rows.

    Examples
    --------
    >>> looks_like_index(pa.table({"Unnamed: 0": [0, 1, 2], "a": [0.5, 0.7, 0.9]}))
    True
    """
    if not table.num_columns or not is_unnamed(table.column_names[0]):
        return False
    first = table.column(0)
    return pa.types.is_integer(first.type) and len(first.unique()) == len(first)


def is_unnamed(name: str) -> bool:
    """Tell whether a column has no name, or what pandas calls one that has none."""
    return not name.strip() or _UNNAMED.fullmatch(name) is not None


def marked_as_index(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Give a table the metadata that tell which of its columns hold an index, if any do."""
    if not names:
        return table
    # Not in pandas' own words, which would have to tell of types as well.
    return table.replace_schema_metadata({_OWN_KEY: json.dumps(list(names)).encode()})


def index_of(table: pa.Table) -> pa.Table | None:
    """Give the columns of a table's index and the metadata that tell of it, if there are such."""
    names = index_columns(table.schema)
    told = _entries(_metadata(table.schema), "index_columns")
    return table.select(list(names)) if names or told else None


def with_index(table: pa.Table, index: pa.Table) -> pa.Table:
    """Add an index to a table, so that `to_pandas` gives it back.

    Parameters
    ----------
    table : arrow table
        Rows without an index.
    index : arrow table
        What `index_of` gave for as many rows.
    """
    metadata = _metadata(index.schema)
    names = table.column_names
    renamed: dict[Any, str] = {}
    for i, name in enumerate(index.column_names):
        renamed[name] = f"__index_level_{i}__" if name in names else name
        table = table.append_column(renamed[name], index.column(i))
    columns = [
        {**entry, "field_name": renamed.get(entry.get("field_name"), entry.get("field_name"))}
        for entry in _entries(metadata, "columns")
        if isinstance(entry, dict) and entry.get("field_name") in {*names, *index.column_names}
    ]
    described = {entry["field_name"] for entry in columns}
    of_names = _entries(metadata, "column_indexes") if described.issuperset(names) else []
    levels = [
        renamed.get(level, level) if isinstance(level, str) else level
        for level in _entries(metadata, "index_columns")
    ]
    told = {
        **metadata,
        "index_columns": levels,
        "columns": columns,
        "column_indexes": of_names,
    }
    return table.replace_schema_metadata({_KEY: json.dumps(told).encode()})


def _metadata(schema: pa.Schema) -> dict[str, Any]:
    return _parsed(schema, _KEY, dict)


def _parsed(schema: pa.Schema, key: bytes, kind: type[Parsed]) -> Parsed:
    """Read what metadata tell; what cannot be read tells nothing."""
    try:
        told = json.loads((schema.metadata or {}).get(key, b""))
    except ValueError:
        return kind()
    return told if isinstance(told, kind) else kind()


def _entries(metadata: dict[str, Any], key: str) -> list[Any]:
    found = metadata.get(key)
    return found if isinstance(found, list) else []
