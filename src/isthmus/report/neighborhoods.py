"""How far a code of two numbers keeps neighbours together, beside PCA."""

from __future__ import annotations

from typing import NamedTuple

from isthmus.metrics import (
    continuity,
    distance_correlation,
    neighbor_accuracy,
    trustworthiness,
)
from isthmus.report.comparison import Comparison

_MOST_ROWS, _FEWEST_ROWS = 3_000, 20


class Kept(NamedTuple):
    """One measure of what codes keep."""

    name: str
    model: float
    pca: float


def measure_neighborhoods(comparison: Comparison) -> list[Kept]:
    """Measure the judged rows, or some of them; none for codes of other sizes, or of few rows."""
    x, codes, labels = comparison.x, comparison.codes, comparison.labels
    if codes.shape[1] != 2 or len(x) < _FEWEST_ROWS:
        return []
    # As far from each other as its codes are.
    pca = comparison.pca_reconstruction
    some = {"max_rows": _MOST_ROWS}
    found = [
        Kept(name, measure(x, codes, **some), measure(x, pca, **some))
        for name, measure in (
            ("trustworthiness", trustworthiness),
            ("continuity", continuity),
            ("rank correlation of distances", distance_correlation),
        )
    ]
    if labels is not None and comparison.has_classes:
        ours, theirs = (neighbor_accuracy(z, labels, **some) for z in (codes, pca))
        found.append(Kept("label told by 5 neighbours", ours, theirs))
    return found
