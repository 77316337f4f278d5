"""Values as what a page colours points by: one byte a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from isthmus.explorer.cells import named
from isthmus.explorer.values import Values

GAP = 255
"""The byte of a row without a value."""
_SHADES = 254
_MOST_LEVELS = 10


def shaded(values: Values) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Give what tells a legend, and a byte a row: a shade from 0 to 254, or a level; 255 is a gap.

    Shades end where the outermost hundredth of the values begins, so that a few far ones do not
    take all colours from the others. Of many levels all but the most frequent share one byte.
    """
    name = named(values.name)
    if values.numbers is not None:
        known = values.numbers[~np.isnan(values.numbers)]
        if not known.size:
            return _of_levels(name, (), np.full(values.n_rows, GAP, np.uint8), 0)
        least, greatest = np.quantile(known, [0.01, 0.99])
        if least == greatest:
            least, greatest = known.min(), known.max()
        width = greatest - least or 1.0
        scaled = np.clip(np.nan_to_num((values.numbers - least) / width), 0, 1) * _SHADES
        shades = np.where(np.isnan(values.numbers), GAP, np.rint(scaled)).astype(np.uint8)
        header = {
            "kind": "date" if values.is_date else "number",
            "name": name,
            "least": float(least),
            "greatest": float(greatest),
        }
        return header, [shades]
    assert values.places is not None
    ordered, ranks = values.order
    n_own = len(ordered) if len(ordered) <= _MOST_LEVELS + 2 else _MOST_LEVELS
    of_level = np.append(np.minimum(ranks, n_own), GAP).astype(np.uint8)
    levels = tuple(named(values.levels[i]) for i in ordered[:n_own])
    return _of_levels(name, levels, of_level[values.places], len(ordered) - n_own)


def _of_levels(
    name: str, levels: tuple[str, ...], places: np.ndarray, n_others: int
) -> tuple[dict[str, Any], list[np.ndarray]]:
    return {"kind": "level", "name": name, "levels": list(levels), "n_others": n_others}, [places]
