"""How a page without a server prepares rows and brings them back, as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.errors import IsthmusError
from isthmus.explorer.program import Keep, refusal
from isthmus.prepare import NumberPreparation, Preparation, TablePreparation
from isthmus.prepare.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    HeavyTailedColumn,
    LeftOutColumn,
    NumberColumn,
)
from isthmus.prepare.columns.date import DateColumn, ticks_per_second

_DAY = 86_400


def recipe_of(preparation: Preparation, keep: Keep) -> dict[str, Any]:
    """Tell how rows become numbers, and come back."""
    if isinstance(preparation, NumberPreparation):
        return _of_numbers(preparation, keep)
    if isinstance(preparation, TablePreparation):
        places = preparation.layout.places
        columns = [
            {"name": column.called, "first": place.start, "width": column.width, **_recipe(column)}
            for column, place in zip(preparation.columns, places, strict=True)
        ]
        return {"kind": "columns", "n_features": preparation.n_features, "columns": columns}
    raise refusal(preparation)


def _of_numbers(preparation: NumberPreparation, keep: Keep) -> dict[str, Any]:
    schema, n = preparation.schema, preparation.n_features
    names = schema.names or [str(i) for i in range(n)]
    dtypes = schema.dtypes if schema.names is not None else schema.dtypes * n
    # Pictures have one dtype, and too many columns for a list of each.
    distinct = tuple(dict.fromkeys(dtypes))
    told = distinct if len(distinct) == 1 else dtypes
    return {
        "kind": "numbers",
        "n_features": n,
        "offset": keep(np.broadcast_to(preparation.offset, n).astype(np.float64)),
        "scale": keep(np.broadcast_to(preparation.scale, n).astype(np.float64)),
        "names": list(names) if len(schema.row_shape) == 1 else None,
        "types": [_type(pa.type_for_alias(dtype)) for dtype in told],
    }


def _recipe(column: Column) -> dict[str, Any]:
    if isinstance(column, NumberColumn):
        own = ("mean", "deviation", "least", "greatest")
        bent = ("centre", "spread") if isinstance(column, HeavyTailedColumn) else ()
        return {
            "kind": "number",
            "type": _type(column.type),
            **{name: getattr(column, name) for name in (*own, *bent)},
        }
    if isinstance(column, BooleanColumn):
        return {"kind": "boolean", "type": _type(column.type)}
    if isinstance(column, CategoryColumn):
        return {"kind": "category", "levels": list(column.levels), "shared": list(column.shared)}
    if isinstance(column, DateColumn):
        unit = ticks_per_second(column.type)
        own = ("mean", "deviation", "least", "greatest", "resolution")
        return {
            "kind": "date",
            "clock": pa.types.is_duration(column.type) or pa.types.is_time(column.type),
            "days": column.resolution % (unit * _DAY) == 0,
            "cycles": list(column.cycles),
            **{name: getattr(column, name) / unit for name in own},
        }
    if isinstance(column, LeftOutColumn):
        return {"kind": "left out"}
    raise IsthmusError(f"column {column.name} is of a kind that no page without a server knows.")


def _type(kind: pa.DataType) -> dict[str, Any]:
    """Tell the values that a type has: whole numbers in a range, true and false, or any."""
    if pa.types.is_boolean(kind):
        return {"is": "boolean"}
    if pa.types.is_integer(kind):
        limits = np.iinfo(pa.array([], kind).to_numpy(zero_copy_only=False).dtype)
        return {"is": "whole", "least": float(limits.min), "greatest": float(limits.max)}
    return {"is": "real"}
