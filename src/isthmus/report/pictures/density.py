"""How many rows of a map lie where, on a grid of square cells."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

_N_DENSITY_CELLS, _N_PIXELS = 64, 800


def cells_of(codes: np.ndarray, low: np.ndarray, high: np.ndarray, n: int) -> np.ndarray:
    """Give the cell that each row lies in: ``(rows, 2)``, row and column.

    Cells are square, and there are n of them along the longer side.
    """
    side = max(float((high - low).max()), 1e-12) / n
    return np.clip(((codes - low)[:, ::-1] / side).astype(int), 0, n - 1)


def counts_of(cells: np.ndarray, n: int) -> np.ndarray:
    """Count the rows in each cell of an n × n grid."""
    counts = np.zeros((n, n))
    np.add.at(counts, tuple(cells.T), 1)
    return counts


def crowd_of(
    codes: np.ndarray, low: np.ndarray, high: np.ndarray, smoothing: float = 1.0
) -> np.ndarray:
    """Give how many rows there are about each row, in cells of a grid that are smoothed."""
    cells = cells_of(codes, low, high, _N_DENSITY_CELLS)
    return gaussian_filter(counts_of(cells, _N_DENSITY_CELLS), smoothing)[tuple(cells.T)]


def opacity_of(codes: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Give each row's opacity: less where there are many."""
    return np.clip(0.9 / np.sqrt(1 + crowd_of(codes, low, high) / 40), 0.3, 0.9)


def binned(codes: np.ndarray, colours: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Give an image whose pixels have the mean colour of their rows, the more opaque the more.

    It is a square whose sides are as long as the longer one of the map.
    """
    rows, columns = cells_of(codes, low, high, _N_PIXELS).T
    flat = rows * _N_PIXELS + columns
    counts = np.bincount(flat, minlength=_N_PIXELS**2)
    image = np.zeros((_N_PIXELS**2, 4))
    for k in range(3):
        sums = np.bincount(flat, weights=colours[:, k], minlength=_N_PIXELS**2)
        image[:, k] = sums / np.maximum(counts, 1)
    much = np.quantile(counts[counts > 0], 0.98)
    image[:, 3] = np.where(counts > 0, np.clip(0.25 + 0.75 * (counts / much) ** 0.5, 0, 1), 0)
    return image.reshape(_N_PIXELS, _N_PIXELS, 4)
