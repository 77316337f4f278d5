"""How well codes keep what was near near, and what was far far.

All take some of the rows where there are many, and so take seconds whatever the size of the data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from isthmus.errors import DataError

__all__ = ["continuity", "distance_correlation", "neighbor_accuracy", "trustworthiness"]

MOST_ROWS = 10_000
_BLOCK_ROWS = 500
_N_PAIRS = 100_000


def trustworthiness(
    X: Any, codes: Any, *, n_neighbors: int = 5, max_rows: int = MOST_ROWS, random_state: int = 0
) -> float:
    """Tell how far the neighbours of rows among the codes are neighbours among the rows.

    Parameters
    ----------
    X : array of shape (n_samples, ...)
        Rows of numbers.
    codes : array of shape (n_samples, n_components)
        Their codes.
    n_neighbors : int
        Neighbours of each row that count, fewer than half of the rows.
    max_rows : int
        Rows that are drawn where there are more.
    random_state : int
        Fixes what is drawn.

    Returns
    -------
    float
        1 where all are; about 0.5 where codes are drawn by chance.

    Raises
    ------
    DataError
        Rows and codes do not belong together, or are too few.

    References
    ----------
    Venna & Kaski (2001), Neighborhood preservation in nonlinear projection methods, equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> from isthmus.metrics import trustworthiness
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> trustworthiness(X, X)
    1.0
    """
    X, codes = _checked(X, codes, n_neighbors, max_rows, random_state)
    return _kept(X, codes, n_neighbors)


def continuity(
    X: Any, codes: Any, *, n_neighbors: int = 5, max_rows: int = MOST_ROWS, random_state: int = 0
) -> float:
    """Tell how far the neighbours of rows are neighbours among the codes: see `trustworthiness`.

    Parameters
    ----------
    X, codes, n_neighbors, max_rows, random_state
        As `trustworthiness` takes them.

    Returns
    -------
    float
        1 where all are; about 0.5 where codes are drawn by chance.

    References
    ----------
    Venna & Kaski (2001), Neighborhood preservation in nonlinear projection methods, equation 4.
    """
    X, codes = _checked(X, codes, n_neighbors, max_rows, random_state)
    return _kept(codes, X, n_neighbors)


def distance_correlation(
    X: Any, codes: Any, *, max_rows: int = MOST_ROWS, random_state: int = 0
) -> float:
    """Give Spearman's rank correlation of distances between rows and between their codes.

    Parameters
    ----------
    X, codes, max_rows, random_state
        As `trustworthiness` takes them; 100,000 pairs are drawn among these rows.

    Returns
    -------
    float
        1 where distances have the same order, 0 where they tell nothing; NaN where all rows or all
        codes are the same.
    """
    X, codes = _checked(X, codes, 0, max_rows, random_state)
    first, second = np.random.default_rng(random_state).integers(len(X), size=(2, _N_PAIRS))
    apart = first != second
    first, second = first[apart], second[apart]
    among_rows, among_codes = (_distances(points, first, second) for points in (X, codes))
    if min(np.ptp(among_rows), np.ptp(among_codes)) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(among_rows), rankdata(among_codes))[0, 1])


def neighbor_accuracy(
    codes: Any,
    labels: Any,
    *,
    n_neighbors: int = 5,
    max_rows: int = MOST_ROWS,
    random_state: int = 0,
) -> float:
    """Give the share of rows whose label is that of most of their neighbours among the codes.

    Every row is left out when its own neighbours are looked for.

    Parameters
    ----------
    codes : array of shape (n_samples, n_components)
        Codes.
    labels : array of shape (n_samples,)
        A label for each.
    n_neighbors, max_rows, random_state
        As `trustworthiness` takes them; neighbours are looked for among all rows.
    """
    labels = np.asarray(labels)
    if labels.dtype == object:
        labels = labels.astype(str)
    codes, _ = _checked(codes, labels.reshape(len(labels), -1), n_neighbors, None, random_state)
    classes, positions = np.unique(labels, return_inverse=True)
    judged = _drawn(len(codes), max_rows, random_state)
    near = NearestNeighbors(n_neighbors=n_neighbors + 1).fit(codes).kneighbors(codes[judged])[1]
    own = near == judged[:, None]
    own[~own.any(axis=1), -1] = True  # where rows with the same code hide it
    near = near[~own].reshape(len(judged), n_neighbors)
    votes = np.zeros((len(judged), len(classes)), int)
    np.add.at(votes, (np.arange(len(judged))[:, None], positions[near]), 1)
    return float(np.mean(votes.argmax(axis=1) == positions[judged]))


def _kept(truth: np.ndarray, told: np.ndarray, n_neighbors: int) -> float:
    """Give how near, by ranks, the neighbours that are told of are in truth."""
    n_rows, k = len(truth), n_neighbors
    near = NearestNeighbors(n_neighbors=k).fit(told).kneighbors(return_distance=False)
    surplus = 0
    for start in range(0, n_rows, _BLOCK_ROWS):
        rows = np.arange(start, min(start + _BLOCK_ROWS, n_rows))
        distances = euclidean_distances(truth[rows], truth, squared=True)
        distances[np.arange(len(rows)), rows] = -1
        for j in range(k):
            limit = distances[np.arange(len(rows)), near[rows, j]]
            # The row itself, at −1, makes the nearest one the first.
            ranks = (distances < limit[:, None]).sum(axis=1)
            surplus += int(np.maximum(ranks - k, 0).sum())
    return 1 - 2 * surplus / (n_rows * k * (2 * n_rows - 3 * k - 1))


def _distances(points: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    blocks = np.array_split(np.arange(len(first)), max(len(first) * points.shape[1] // 10**7, 1))
    return np.concatenate(
        [np.linalg.norm(points[first[b]] - points[second[b]], axis=1) for b in blocks]
    )


def _checked(
    X: Any, codes: Any, n_neighbors: int, max_rows: int | None, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give both as matrices of finite numbers, of some rows where there are many."""
    X, codes = np.asarray(X), np.asarray(codes)
    if X.ndim < 2 or codes.ndim != 2 or len(X) != len(codes):
        raise DataError(
            f"X has the shape {X.shape} and codes {codes.shape}: give both with one row for each "
            "of the same samples."
        )
    if 2 * n_neighbors >= len(X) or len(X) < 3:
        raise DataError(
            f"there are {len(X)} rows, too few to look at n_neighbors={n_neighbors} of each: give "
            "more rows, or ask for fewer neighbours."
        )
    drawn = slice(None) if max_rows is None else _drawn(len(X), max_rows, random_state)
    checked = []
    for name, values in (("X", X), ("codes", codes)):
        values = values[drawn].reshape(len(values[drawn]), -1)
        if values.dtype.kind not in "biuf" and name == "X":
            raise DataError(f"{name} holds {values.dtype}, expected numbers: encode it first.")
        values = values.astype(np.float32) if values.dtype.kind in "biuf" else values
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise DataError(f"{name} holds NaN or infinity: fill or leave out these rows first.")
        checked.append(values)
    return checked[0], checked[1]


def _drawn(n_rows: int, most: int, random_state: int) -> np.ndarray:
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(random_state).permutation(n_rows)[:most])
