"""The largest units of the whole minibatch; a threshold where there is none."""

from __future__ import annotations

from typing import Any, Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from isthmus.checks import plain
from isthmus.models.codes.kth_largest import kth_largest_of_all
from isthmus.models.codes.sparse import SparseCode
from isthmus.models.codes.threshold import log_thresholds, starting_parameter

_LEAST_POSITIVE = np.finfo(np.float32).tiny


@final
class BatchTopK(SparseCode):
    """Keep `k` activations a row on average: in training, the largest of the whole minibatch.

    So a row that needs more units may have them, and one that needs fewer leaves them to others.
    Encoding keeps what lies above the mean threshold of the minibatches, learned on the way: a
    row's code never depends on the rows beside it.

    Parameters
    ----------
    k : int
        Active units per row, on average.

    References
    ----------
    Bussmann, Leask & Nanda (2024), BatchTopK sparse autoencoders, section 3.
    """

    k: int = eqx.field(static=True, converter=plain)
    thresholds: Any = None

    def sized(self, n_components: int) -> Self:
        return type(self)(self.k, np.zeros(1, np.float32))

    def starting_at(self, parameters: np.ndarray) -> Self:
        return type(self)(self.k, np.full(1, starting_parameter(parameters, self.k)))

    def mean(self, parameters: jax.Array) -> jax.Array:
        threshold = jnp.exp(log_thresholds(self.thresholds))
        return jnp.where(parameters > threshold, parameters, 0.0)

    def training_sample(
        self, parameters: jax.Array, weights: jax.Array, key: jax.Array
    ) -> jax.Array:
        return jnp.where(parameters >= self._least(parameters, weights), parameters, 0.0)

    def training_cost(self, parameters: jax.Array, weights: jax.Array) -> jax.Array:
        log_least = jnp.log(self._least(parameters, weights)[0])  # (1,)
        cost = jnp.sum((log_least - log_thresholds(self.thresholds)) ** 2)
        # It moves the threshold, and says nothing of how good the model is.
        return cost - lax.stop_gradient(cost)

    def _least(self, parameters: jax.Array, weights: jax.Array) -> jax.Array:
        """Give the least activation that stays: ``(1, 1)``."""
        activations = jnp.where(weights[:, None] > 0, jax.nn.relu(parameters), 0.0)
        n_kept = self.k * jnp.sum(weights > 0)
        # Where fewer are positive, all of them stay.
        return jnp.maximum(kth_largest_of_all(activations, n_kept), _LEAST_POSITIVE)
