"""Thresholds on activations, learned with the network.

They are kept as logarithms, and these as a tenth of themselves: the optimizer's steps are made for
weights, but a threshold has far to go, and moves by up to some percent in each step so.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

_GAIN = 10.0
# The least threshold to start at, where hardly any activation is positive.
_FLOOR = 1e-6


def log_thresholds(parameters: Any) -> jax.Array:
    """Give the logarithms of the thresholds that these parameters stand for."""
    return _GAIN * parameters


def starting_parameter(activations: np.ndarray, k: int) -> np.float32:
    """Give the parameter whose threshold `k` activations of each row reach, on average.

    `activations` are those of some rows: ``(rows, components)``.
    """
    n_kept = min(k * len(activations), activations.size)
    least = np.partition(activations, -n_kept, axis=None)[-n_kept]
    return np.float32(np.log(max(least, _FLOOR)) / _GAIN)
