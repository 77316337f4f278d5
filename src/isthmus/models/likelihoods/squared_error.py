"""Squared error, the loss that makes a linear autoencoder PCA."""

from __future__ import annotations

from typing import ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.models.likelihoods.base import Likelihood
from isthmus.prepare import Support


@final
class SquaredError(Likelihood):
    """``−‖x − mean‖²``: up to constants, a Gaussian whose variance is one half everywhere."""

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit", "real")

    def n_parameters(self, n_features: int) -> int:
        return n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        return -jnp.sum((x - parameters) ** 2, axis=-1)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return parameters

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        return mean

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        return parameters + 0.5**0.5 * jax.random.normal(key, parameters.shape)
