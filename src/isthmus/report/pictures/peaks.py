"""Where a group of rows lies on a map."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, label

_N_CELLS = 48
_SMOOTHING = 1.2
# Of the greatest density of the group: what still belongs to a heap of it.
_FLOOR = 0.12
# Of the group: what a heap has to hold to be named.
_LEAST_SHARE = 0.22


def peaks_of(codes: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[np.ndarray]:
    """Give the densest spot of each heap that holds a good part of the rows, the largest first.

    Parameters
    ----------
    codes : ndarray, shape (rows, 2)
        The rows of the group.
    low, high : ndarray, shape (2,)
        The corners of the map.
    """
    if not len(codes):
        return []
    edges = [np.linspace(low[k], high[k], _N_CELLS + 1) for k in range(2)]
    counts, *_ = np.histogram2d(codes[:, 0], codes[:, 1], bins=(edges[0], edges[1]))
    density = gaussian_filter(counts, _SMOOTHING)
    marked: Any = label(density > _FLOOR * density.max())
    heaps, n_heaps = marked
    shares = [counts[heaps == heap].sum() / len(codes) for heap in range(1, n_heaps + 1)]
    named = [i for i in np.argsort(shares)[::-1] if shares[i] >= _LEAST_SHARE]
    named = named or [int(np.argmax(shares))]
    places = []
    for i in named:
        inside = np.where(heaps == i + 1, density, 0)
        cell = np.array(np.unravel_index(np.argmax(inside), density.shape))
        places.append(low + (cell + 0.5) / _N_CELLS * (high - low))
    return places
