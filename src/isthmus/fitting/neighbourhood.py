"""How rows lie beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from sklearn.neighbors import NearestNeighbors

from isthmus.prepare import without_gaps

_MOST_SAMPLED, _MOST_NEIGHBORS = 1_000, 10_000
_NTH_NEIGHBOR = 10


@final
@dataclass(frozen=True)
class Neighbourhood:
    """How rows lie beside each other.

    Parameters
    ----------
    distance : float
        Median distance to the tenth neighbour.
    n_dimensions : float
        Of the manifold that the rows lie on, as its neighbours tell: at most the columns.
    """

    distance: float
    n_dimensions: float

    @classmethod
    def of(cls, rows: np.ndarray) -> Neighbourhood:
        """Look for the neighbours of at most 1,000 rows among 10,000.

        References
        ----------
        Levina & Bickel (2004), Maximum likelihood estimation of intrinsic dimension, equation 8,
        its inverses averaged over the rows as by MacKay & Ghahramani (2005).
        """
        rows = without_gaps(rows[spread_over(len(rows), _MOST_NEIGHBORS)])
        n_neighbors = min(_NTH_NEIGHBOR, len(rows) - 1) + 1  # a row is its own nearest
        sampled = rows[spread_over(len(rows), _MOST_SAMPLED)]
        distances, _ = NearestNeighbors(n_neighbors=n_neighbors).fit(rows).kneighbors(sampled)
        nearer, last = distances[:, 1:-1], distances[:, -1:]
        # Equal rows tell nothing of how many rows a larger ball holds.
        growth = np.log((last / np.where(nearer > 0, nearer, np.inf))[nearer > 0])
        n_columns = float(rows.shape[1])
        grows = growth.size and growth.mean() > 1 / n_columns
        return cls(
            distance=float(np.median(last)),
            n_dimensions=float(1 / growth.mean()) if grows else n_columns,
        )


def spread_over(n_rows: int, most: int) -> np.ndarray:
    """Give positions evenly spread over rows."""
    return np.linspace(0, n_rows - 1, min(n_rows, most)).astype(int)
