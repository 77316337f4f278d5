"""What sets some rows apart from all others, column by column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from isthmus.explorer.values import Values
from isthmus.fitting.neighbourhood import spread_over

# Comparisons look at no more cells than these; of more rows they take some, evenly spread.
_MOST_CELLS, _LEAST_ROWS, _MOST_ROWS = 20_000_000, 200, 20_000


@dataclass(frozen=True)
class Difference:
    """How the values of one column differ between the rows inside and those outside.

    Parameters
    ----------
    column : str
        Its name.
    distance : float
        From 0, no difference, to 1, nothing in common: the largest difference between the shares
        of rows that lie below some number (Kolmogorov and Smirnov's), or of rows that have one of
        some levels (the total variation).
    inside, outside : float
        The median number, or the share of rows with `level`; NaN where all are missing.
    level : str or None
        The level whose share inside is greater by most; None for numbers.
    is_date : bool
        Whether the numbers are dates, as seconds since 1970.
    """

    column: str
    distance: float
    inside: float
    outside: float
    level: str | None = None
    is_date: bool = False


def differences(
    columns: Iterable[Values], n_columns: int, inside: np.ndarray, outside: np.ndarray
) -> list[Difference]:
    """Compare two sets of rows in each column, the greatest differences first.

    Parameters
    ----------
    columns : iterable of Values
        The columns.
    n_columns : int
        How many they are.
    inside, outside : ndarray of int
        Positions of the rows.

    Returns
    -------
    list of Difference
    """
    most = int(np.clip(_MOST_CELLS // max(n_columns, 1), _LEAST_ROWS, _MOST_ROWS))
    some, others = (rows[spread_over(len(rows), most)] for rows in (inside, outside))
    found = [_difference(values, some, others) for values in columns]
    return sorted(found, key=lambda difference: -difference.distance)


def _difference(values: Values, inside: np.ndarray, outside: np.ndarray) -> Difference:
    if values.numbers is not None:
        return _of_numbers(values, values.numbers[inside], values.numbers[outside])
    assert values.places is not None
    counts = [
        np.bincount(values.places[rows] + 1, minlength=len(values.levels) + 1)
        for rows in (inside, outside)
    ]
    # A gap is a level of its own here.
    shares = [count / max(count.sum(), 1) for count in counts]
    apart = shares[0] - shares[1]
    place = int(np.argmax(apart))
    level = values.levels[place - 1] if place else "missing"
    distance = float(np.abs(apart).sum() / 2)
    return Difference(
        values.name, distance, float(shares[0][place]), float(shares[1][place]), level
    )


def _of_numbers(values: Values, inside: np.ndarray, outside: np.ndarray) -> Difference:
    known = [np.sort(numbers[~np.isnan(numbers)]) for numbers in (inside, outside)]
    distance = 0.0
    if all(map(len, known)):
        places = np.concatenate(known)
        below = [np.searchsorted(numbers, places, "right") / len(numbers) for numbers in known]
        distance = float(np.abs(below[0] - below[1]).max())
    here, there = map(_median, known)
    return Difference(values.name, distance, here, there, is_date=values.is_date)


def _median(ordered: np.ndarray) -> float:
    n = len(ordered)
    return float(ordered[(n - 1) // 2] + ordered[n // 2]) / 2 if n else np.nan
