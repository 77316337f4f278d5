"""How many principal components rows seem to have."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

# Variances below this share of the largest are rounding.
_LEAST = 1e-15


def most_likely_dimension(variances: np.ndarray, n_samples: int) -> int:
    """Give the number of components with the largest evidence, at least 1.

    Parameters
    ----------
    variances : ndarray, shape (n_features,)
        Variance along every component, in falling order.
    n_samples : int
        Rows that they were found from.

    References
    ----------
    Minka (2000), Automatic choice of dimensionality for PCA, equations 30 and 31 (Laplace's
    approximation).
    """
    n_features = len(variances)
    if n_features == 1 or variances[0] <= 0:
        return 1
    # The evidence is the same in any unit.
    values = np.maximum(variances.astype(float) / variances[0], 0)
    k = np.arange(1, n_features)  # The dimensions to choose from.
    rest = np.cumsum(values[::-1])[::-1][1:]
    noise = np.maximum(rest / (n_features - k), _LEAST)
    values = np.maximum(values, np.finfo(float).tiny)
    n_free = n_features * k - k * (k + 1) / 2

    freedom = (n_features - k + 1) / 2
    volume = np.cumsum(gammaln(freedom) - np.log(np.pi) * freedom) - k * np.log(2)
    likelihood = np.cumsum(np.log(values))[:-1] + (n_features - k) * np.log(noise)
    evidence = (
        volume
        - n_samples / 2 * likelihood
        + np.log(2 * np.pi) * (n_free + k) / 2
        - _log_curvature(values, noise, n_samples) / 2
        - k * np.log(n_samples) / 2
    )
    evidence[values[:-1] < _LEAST] = -np.inf
    return int(np.argmax(evidence)) + 1


def _log_curvature(values: np.ndarray, noise: np.ndarray, n_samples: int) -> np.ndarray:
    """Give the logarithm of the determinant of equation 31, ``Σ log (λ̂ⱼ⁻¹ − λ̂ᵢ⁻¹)(λᵢ − λⱼ)N``.

    The sum is over ``i ≤ k`` and ``j > i``, where λ̂ⱼ is the noise for all ``j > k``.
    """
    n_features = len(values)
    k = np.arange(1, n_features)
    above = np.triu(np.ones((n_features, n_features), bool), 1)  # j > i
    inverse = 1 / values
    differences = _log(values[:, None] - values, above).sum(axis=1)
    within = _log(inverse - inverse[:, None], above).sum(axis=0)
    to_noise = _log(1 / noise[:, None] - inverse, np.tri(n_features - 1, n_features, dtype=bool))
    return (
        np.cumsum(differences)[:-1]
        + np.cumsum(within)[:-1]
        + (n_features - k) * to_noise.sum(axis=1)
        + (n_features * k - k * (k + 1) / 2) * np.log(n_samples)
    )


def _log(numbers: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Give logarithms, of equal variances that of nearly nothing, and 0 elsewhere."""
    least = np.finfo(float).tiny
    return np.log(np.where(where, np.maximum(numbers, least), 1.0))
