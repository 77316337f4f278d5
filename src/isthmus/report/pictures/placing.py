"""Where names and small pictures stand on a map, none over another."""

from __future__ import annotations

import numpy as np

# In sizes of what is placed: where it moves to when its own place is taken.
_STEPS = np.array(
    [(0, 0), (0, 1), (0, -1), (0.6, 0.8), (-0.6, 0.8), (0.6, -0.8), (-0.6, -0.8), (1, 0), (-1, 0)]
)


class Board:
    """What is taken of a map.

    Parameters
    ----------
    low, high : ndarray, shape (2,)
        The corners of the map.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray) -> None:
        self._low, self._high = low, high
        self._centres, self._sizes = np.zeros((0, 2)), np.zeros((0, 2))

    def take(self, centre: np.ndarray, size: np.ndarray) -> None:
        """Say that a box stands here from now on."""
        self._centres = np.vstack([self._centres, centre])
        self._sizes = np.vstack([self._sizes, size])

    def are_free(self, centres: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Tell at which of many centres, ``(centres, 2)``, a box would cover no other."""
        free = np.ones(len(centres), bool)
        for other, its_size in zip(self._centres, self._sizes, strict=True):
            free &= (2 * np.abs(centres - other) >= size + its_size).any(axis=1)
        return free

    def inside(self, centre: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Give the nearest centre at which a box lies on the map; the middle if it is too large."""
        low, high = self._low + size / 2, self._high - size / 2
        middle = (self._low + self._high) / 2
        return np.clip(centre, np.minimum(low, middle), np.maximum(high, middle))

    def free_place(self, centre: np.ndarray, size: np.ndarray) -> np.ndarray | None:
        """Give a free centre at or beside this one; None where all is taken."""
        centres = np.array([self.inside(centre + step * size, size) for step in _STEPS])
        free = np.flatnonzero(self.are_free(centres, size))
        return centres[free[0]] if len(free) else None
