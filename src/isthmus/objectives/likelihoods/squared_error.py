"""Squared error, the loss that makes a linear autoencoder PCA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.objectives.likelihoods.base import Likelihood
from isthmus.prepare import Support


@final
@dataclass(frozen=True)
class SquaredError(Likelihood):
    """``−‖x − mean‖²``: up to constants, a Gaussian whose variance is one half everywhere."""

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit", "real")

    def n_parameters(self, n_features: int) -> int:
        return n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        return -jnp.sum((x - parameters) ** 2, axis=-1)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return parameters
