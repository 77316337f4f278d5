"""How the cells of a text file spell numbers: kept as numbers where that gives the cells back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, final

import pyarrow as pa
import pyarrow.compute as pc

Spelling: TypeAlias = Literal["text", "integer", "decimal", "float"]
"""As they are; whole numbers; as many digits after the point in all; the shortest of a float."""

KINDS: dict[Spelling, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.int64(),
    "float": pa.float64(),
}
"""Types of the values that are spelled so."""

_MOST_DIGITS = 18


@final
class SpellingChoice:
    """How a column spells its values, as far as its cells were seen.

    Empty cells are missing values, unless the cells are text.
    """

    def __init__(self) -> None:
        self._ways: list[tuple[Spelling, int]] | None = None

    def see(self, cells: pa.Array) -> None:
        """Take some cells into account."""
        filled = cells.filter(pc.not_equal(cells, ""))  # pyright: ignore
        if not len(filled):
            return
        if self._ways is None:
            self._ways = _likely_ways(filled[0].as_py())
        self._ways = [way for way in self._ways if _gives_back(cells, *way)]

    def way(self) -> tuple[Spelling, int]:
        """Give the spelling, and the digits after the point."""
        return self._ways[0] if self._ways else ("text", 0)


def _likely_ways(cell: str) -> list[tuple[Spelling, int]]:
    if cell.strip("+-.0123456789eE") not in ("", "inf", "nan"):
        return []
    n_digits = len(cell.partition(".")[2])
    decimal: list[tuple[Spelling, int]] = []
    if 0 < n_digits < _MOST_DIGITS:
        decimal = [("decimal", n_digits)]
    return [("integer", 0), *decimal, ("float", 0)]


def _gives_back(cells: pa.Array, way: Spelling, n_digits: int) -> bool:
    values = values_of(cells, way, n_digits)
    return values is not None and cells_of(values, way, n_digits).equals(cells)


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


def values_of(cells: pa.Array, way: Spelling, n_digits: int) -> pa.Array | None:
    """Give the values that cells spell; None where they are spelled in another way."""
    if way == "text":
        return cells
    filled = pc.if_else(pc.equal(cells, ""), None, cells)  # pyright: ignore
    try:
        if way == "float":
            return filled.cast(pa.float64())
        if way == "decimal":
            pattern = rf"^-?\d{{1,{_MOST_DIGITS - n_digits}}}\.\d{{{n_digits}}}$"
            fits = pc.match_substring_regex(filled, pattern)  # pyright: ignore
            if pc.all(fits).as_py() is False:  # pyright: ignore
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
