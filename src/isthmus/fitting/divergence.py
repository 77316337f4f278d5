"""Training that ran away says so."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from isthmus.fitting.rows import TrainingRows
from isthmus.prepare import as_float
from isthmus.training import Training

# For each feature, so many squared deviations or nats are far beyond any loss that is of use; a
# first epoch's mean may well be a hundred.
_MOST = 10_000


def warn_of_divergence(training: Training[Any], rows: TrainingRows) -> None:
    """Warn where the loss of what was kept is far beyond that of giving nothing but zeros."""
    history = training.history
    if not history["loss"] or training.best_epoch == 0:
        return
    held_out = history.get("validation_loss")
    loss = min(held_out) if held_out else history["loss"][-1]
    squares = np.square(as_float(rows.sampled()), dtype=np.float64).sum(axis=1)
    limit = _MOST * float(np.nanmean(squares) + rows.preparation.n_features)
    if abs(loss) > limit:
        warnings.warn(
            f"training diverged: its loss is {loss:.3g}, where {limit:.3g} would be far too much, "
            "so codes and scores are of no use: try a smaller learning_rate.",
            ConvergenceWarning,
            stacklevel=2,
        )
