"""Estimates of log-likelihoods by importance sampling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from isthmus.models import Model
from isthmus.objectives import importance_weighted_bound
from isthmus.training import over_rows

# What a layer makes of so many rows stays in the cache of a core while draw after draw is added;
# with eight times as many, a draw took a third longer.
_ROWS_AT_ONCE = 1024


class LogLikelihood(NamedTuple):
    """An estimate of log-likelihoods, in nats."""

    rows: np.ndarray
    mean: float
    standard_error: float


def estimate_log_likelihood(
    model: Model, chunks: Iterable[np.ndarray], n_samples: int, seed: int
) -> LogLikelihood:
    """Estimate the log-likelihood of prepared rows, in chunks, with so many draws of each code."""
    pieces = _pieces(chunks)
    rows = over_rows(importance_weighted_bound, model, pieces, n_samples, seed=seed)
    error = float(rows.std(ddof=1) / len(rows) ** 0.5) if len(rows) > 1 else float("nan")
    return LogLikelihood(rows, float(rows.mean(dtype=np.float64)), error)


def _pieces(chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for chunk in chunks:
        for start in range(0, len(chunk), _ROWS_AT_ONCE):
            yield chunk[start : start + _ROWS_AT_ONCE]
