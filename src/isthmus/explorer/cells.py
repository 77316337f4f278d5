"""Rows of a table as text, beside what the model makes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.explorer.prepared import column_ranges
from isthmus.explorer.session import Session
from isthmus.io import Rows

_MOST_CELLS, _LONGEST_NAME, _LONGEST_CELL = 60, 200, 300

Cell = dict[str, Any]


def named(name: str) -> str:
    """Give a name, cut to what a page can show."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def compared(
    rows: Rows, decoded: Rows, errors: dict[str, float], beside: pa.Table | None
) -> tuple[list[Cell], int]:
    """Give the cells of one row, with those that the model gives back; and how many more there are.

    Of many columns those are shown that come back worst.
    """
    own, back = _columns(rows), _columns(decoded)
    names = [name for name in own if name in back]
    order = names
    if len(names) > _MOST_CELLS:
        worst = np.argsort([-errors[name] for name in names], kind="stable")[:_MOST_CELLS]
        order = [names[i] for i in worst]
    cells = [] if beside is None else told(beside)
    rest = [name for name in own if name not in back][:_MOST_CELLS]
    cells += [{"name": named(name), "value": _text(own[name])} for name in rest]
    cells += [
        {
            "name": named(name),
            "value": _text(own[name]),
            "back": _text(back[name]),
            "off": round(errors[name], 3),
        }
        for name in order
    ]
    return cells, max(0, len(own) - len(rest) - len(order))


def told(rows: Rows) -> list[Cell]:
    """Give the cells of one row."""
    columns = list(_columns(rows).items())[:_MOST_CELLS]
    return [{"name": named(name), "value": _text(value)} for name, value in columns]


def way(session: Session, rows: Rows) -> list[Cell]:
    """Give, of rows on a way, the columns that change most."""
    table = _as_table(rows)
    moved = column_ranges(session.model, rows)
    order = np.argsort(-moved, kind="stable")[:_MOST_CELLS]
    return [
        {
            "name": named(table.column_names[i]),
            "values": [_text(value) for value in table.column(int(i)).to_pylist()],
        }
        for i in order
        if moved[i] > 0
    ]


def _columns(rows: Rows) -> dict[str, Any]:
    table = _as_table(rows)
    return {name: table.column(i)[0].as_py() for i, name in enumerate(table.column_names)}


def _as_table(rows: Rows) -> pa.Table:
    if not isinstance(rows, np.ndarray):
        return rows
    names = [str(i) for i in range(rows.shape[1])]
    return pa.table([pa.array(column) for column in rows.T], names=names)


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    text = str(value)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
