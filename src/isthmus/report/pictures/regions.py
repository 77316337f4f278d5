"""What sets the regions of a map apart, column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans

_MOST_REGIONS, _ROWS_PER_REGION = 9, 25
_MOST_COLUMNS = 2
# In standard deviations of a column: less is nothing to speak of.
_LEAST_DIFFERENCE = 0.5


class Region(NamedTuple):
    """A part of a map, and what is written there."""

    place: np.ndarray
    text: str


def find_regions(
    codes: np.ndarray, x: np.ndarray, names: Sequence[str], label: Callable[[int], str]
) -> list[Region]:
    """Cut a map into regions, the largest first, and name the columns that differ most in each.

    The mean of a region's rows differs from that of all, in standard deviations.

    Parameters
    ----------
    codes : ndarray, shape (rows, 2)
        Where rows lie.
    x : ndarray, shape (rows, features)
        The rows, prepared.
    names : sequence of str
        What the features are called; "column = level" for a level of a category.
    label : callable
        Gives the text for a feature by its position.
    """
    n_places = len(np.unique(codes, axis=0))
    n_regions = min(_MOST_REGIONS, len(codes) // _ROWS_PER_REGION, n_places)
    if n_regions < 2:
        return []
    groups = KMeans(n_regions, random_state=0).fit(codes)
    mean, deviation = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    regions: list[tuple[int, Region]] = []
    for group in range(n_regions):
        rows = np.flatnonzero(groups.labels_ == group)
        differences = (x[rows].mean(axis=0) - mean) / deviation
        texts: list[str] = []
        for column in np.argsort(-np.abs(differences), kind="stable"):
            difference, name = differences[column], label(int(column))
            if abs(difference) < _LEAST_DIFFERENCE or len(texts) == _MOST_COLUMNS:
                break
            is_level = " = " in names[column]
            if is_level and difference < 0:
                continue
            texts.append(name if is_level else f"{name} {'high' if difference > 0 else 'low'}")
        if not texts:
            continue
        nearest = rows[np.argmin(np.sum((codes[rows] - codes[rows].mean(axis=0)) ** 2, axis=1))]
        regions.append((len(rows), Region(codes[nearest], _joined(texts))))
    return [region for _, region in sorted(regions, key=lambda item: -item[0])]


def _joined(texts: list[str]) -> str:
    """Give texts a line each, but levels of one category together."""
    levels: dict[str, list[str]] = {}
    for text in texts:
        column, is_level, level = text.partition(" = ")
        levels.setdefault(column if is_level else text, []).append(level)
    return "\n".join(
        f"{column} = {' or '.join(found)}" if any(found) else column
        for column, found in levels.items()
    )
