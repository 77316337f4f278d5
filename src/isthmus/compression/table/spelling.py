"""How the cells of a text file spell numbers: kept as numbers where that gives the cells back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Spelling: TypeAlias = Literal["text", "integer", "decimal", "float"]
"""As they are; whole numbers; as many digits after the point in all; the shortest of a float."""

_MOST_DIGITS = 18


def spelled(cells: pa.Array) -> tuple[Spelling, int, pa.Array]:
    """Find how a column spells its values, and give the digits after the point and the values.

    Empty cells are missing values, unless the cells are text.
    """
    filled = cells.filter(pc.not_equal(cells, ""))  # pyright: ignore
    if not len(filled):
        return "text", 0, cells
    first = filled[0].as_py()
    n_digits = len(first.partition(".")[2])
    ways: list[tuple[Spelling, int]] = [("integer", 0), ("float", 0)]
    if 0 < n_digits < _MOST_DIGITS:
        ways.insert(1, ("decimal", n_digits))
    if first.strip("+-.0123456789eE") not in ("", "inf", "nan"):
        ways = []
    for way, digits in ways:
        values = _values(cells, way, digits)
        if values is not None and cells_of(values, way, digits).equals(cells):
            return way, digits, values
    return "text", 0, cells


def cells_of(values: pa.Array, way: Spelling, n_digits: int) -> pa.Array:
    """Give the cells that spell values."""
    if way == "text":
        return values
    if way == "integer":
        texts = values.cast(pa.string())
        return pc.fill_null(texts, "")  # pyright: ignore
    write = _point_in(n_digits) if way == "decimal" else repr
    texts = ["" if value is None else write(value) for value in values.to_pylist()]
    return pa.array(texts, pa.string())


def _values(cells: pa.Array, way: Spelling, n_digits: int) -> pa.Array | None:
    filled = pc.if_else(pc.equal(cells, ""), None, cells)  # pyright: ignore
    try:
        if way == "float":
            return filled.cast(pa.float64())
        if way == "decimal":
            pattern = rf"^-?\d{{1,{_MOST_DIGITS - n_digits}}}\.\d{{{n_digits}}}$"
            fits = pc.match_substring_regex(filled, pattern)  # pyright: ignore
            if not pc.all(fits).as_py():  # pyright: ignore
                return None
            filled = pc.replace_substring(filled, ".", "")  # pyright: ignore
        return filled.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _point_in(n_digits: int) -> Callable[[int], str]:
    scale = 10**n_digits

    def write(value: int) -> str:
        sign = "-" if value < 0 else ""
        whole, rest = divmod(abs(value), scale)
        return f"{sign}{whole}.{rest:0{n_digits}d}"

    return write
