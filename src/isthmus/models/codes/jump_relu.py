"""Units with a threshold each, learned."""

from __future__ import annotations

from typing import Any, Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from isthmus.checks import plain
from isthmus.models.codes.sparse import SparseCode
from isthmus.models.codes.threshold import log_thresholds, starting_parameter

# Of the window around a threshold, in units of its logarithm, where activations move it.
_BANDWIDTH = 0.1
# How much, relative to the size of the data, it weighs that thresholds of silent units are high.
_REVIVAL = 2e-2


@final
class JumpReLU(SparseCode):
    """Silence every activation below its unit's own threshold; `k` of a row's stay on average.

    While training, ``Σ z² · (L0 / k − 1)²`` is added to the loss, with L0 the mean number of
    active units and the mean ``Σ z²`` only to give it the size of the data. Steps have no slope:
    thresholds learn by the pseudo-derivative of a smooth step in the logarithm of the activation.
    No activation is near the threshold of a unit that fell silent: where it is above the mean of
    all thresholds, it comes down while no row of the minibatch uses the unit.

    Parameters
    ----------
    k : int
        Active units per row, on average.

    References
    ----------
    Rajamanoharan et al. (2024), Jumping ahead: Improving reconstruction fidelity with JumpReLU
    sparse autoencoders, section 3, and for the target of L0 its appendix on hyperparameters.
    """

    k: int = eqx.field(static=True, converter=plain)
    thresholds: Any = None

    def sized(self, n_components: int) -> Self:
        # Without memory of its own: a model file may ask for any number of components.
        return type(self)(self.k, np.broadcast_to(np.float32(0), n_components))

    def starting_at(self, parameters: np.ndarray) -> Self:
        start = starting_parameter(parameters, self.k)
        return type(self)(self.k, np.full(parameters.shape[1], start))

    def mean(self, parameters: jax.Array) -> jax.Array:
        thresholds = jnp.exp(log_thresholds(self.thresholds))
        return jnp.where(parameters > thresholds, parameters, 0.0)

    def training_sample(
        self, parameters: jax.Array, weights: jax.Array, key: jax.Array
    ) -> jax.Array:
        return jax.nn.relu(parameters) * self._steps(parameters)

    def training_cost(self, parameters: jax.Array, weights: jax.Array) -> jax.Array:
        shares = weights / jnp.maximum(jnp.sum(weights), 1)
        n_active = jnp.sum(shares @ self._steps(parameters))
        codes = self.mean(parameters)
        size = lax.stop_gradient(shares @ jnp.sum(codes**2, axis=1))
        silent = ~jnp.any((codes > 0) & (weights[:, None] > 0), axis=0)
        revival = size * _REVIVAL * jnp.sum(jnp.where(silent, self._excess(), 0.0))
        # It moves thresholds, and says nothing of how good the model is.
        return size * (n_active / self.k - 1) ** 2 + revival - lax.stop_gradient(revival)

    def _excess(self) -> jax.Array:
        """Give how far, squared, each logarithm of a threshold is above their mean."""
        log_threshold = log_thresholds(self.thresholds)
        return jax.nn.relu(log_threshold - lax.stop_gradient(jnp.mean(log_threshold))) ** 2

    def _steps(self, parameters: jax.Array) -> jax.Array:
        """Give 1 for active units and 0 for others, with pseudo-derivatives by the thresholds."""
        log_threshold = log_thresholds(self.thresholds)
        activations = lax.stop_gradient(jnp.maximum(parameters, np.finfo(np.float32).tiny))
        smooth = jax.nn.sigmoid((jnp.log(activations) - log_threshold) / _BANDWIDTH)
        steps = (parameters > jnp.exp(log_threshold)).astype(smooth.dtype)
        return lax.stop_gradient(steps - smooth) + smooth
