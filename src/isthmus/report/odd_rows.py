"""Rows of a table that are odd among the others, and what makes them so."""

from __future__ import annotations

import warnings

import numpy as np

from isthmus.errors import DataError, DataWarning
from isthmus.estimators import OutlierDetector
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.gaps import in_one_piece
from isthmus.io import Dataset
from isthmus.prepare import TablePreparation, raw_rows

_MOST_JUDGED, _TOLD = 10_000, 5


def find_odd_rows(
    estimator: BaseAutoencoder, dataset: Dataset, rows: np.ndarray
) -> tuple[tuple[int, str], ...]:
    """Give the oddest of the rows at these positions, and a sentence on each.

    `OutlierDetector` finds them, not the autoencoder: reconstructions tell odd rows poorly. Plain
    numbers are not judged here.
    """
    if not isinstance(estimator.preparation_, TablePreparation):
        return ()
    rows = rows[:_MOST_JUDGED]
    judged = in_one_piece(list(raw_rows(dataset, rows)))
    try:
        kinds = estimator.get_params().get("kinds")
        with warnings.catch_warnings():
            # What is left out was said when the model was fitted.
            warnings.simplefilter("ignore", DataWarning)
            detector = OutlierDetector(kinds=kinds, random_state=0).fit(dataset)
    except DataError:  # such as for rows that are all the same
        return ()
    oddest = np.argsort(detector.score_samples(judged), kind="stable")[:_TOLD]
    chosen = judged[oddest] if isinstance(judged, np.ndarray) else judged.take(oddest)
    explanation = detector.explain(chosen)
    return tuple((int(rows[row]), explanation.sentence(i)) for i, row in enumerate(oddest))
