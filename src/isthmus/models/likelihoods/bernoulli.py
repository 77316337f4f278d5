"""Bernoulli, for pixels and flags in [0, 1]."""

from __future__ import annotations

from typing import ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import xlogy

from isthmus.models.likelihoods.base import Likelihood
from isthmus.prepare import Support


@final
class Bernoulli(Likelihood):
    """``Σ x log p + (1 − x) log(1 − p)`` with ``p`` the logistic function of the decoder's output.

    Values between 0 and 1 count as shares of black and white, as in Hinton & Salakhutdinov
    (2006): the mean is then still the best reconstruction, but the log-likelihood is that of
    the cross-entropy and no longer of a distribution.
    """

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit")

    def n_parameters(self, n_features: int) -> int:
        return n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        return jnp.sum(x * parameters - _softplus(parameters), axis=-1)

    def score(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        """Give minus the divergence of p from x, which for 0 and 1 is the log-likelihood.

        The log-likelihood of a share holds its entropy besides, so that grey rows would have less
        than black and white ones however well they are explained, and it has no bound beyond
        [0, 1]. There Pinsker's ``2 (x − p)²``, which is never more than the divergence, goes on
        from where that ends.
        """
        p, share = jax.nn.sigmoid(parameters), jnp.clip(x, 0, 1)
        entropy = -xlogy(share, share) - xlogy(1 - share, 1 - share)
        beyond = 2 * ((x - p) ** 2 - (share - p) ** 2)
        return jnp.sum(share * parameters - _softplus(parameters) + entropy - beyond, axis=-1)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(parameters)

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        return logits(mean)

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        return jax.random.bernoulli(key, jax.nn.sigmoid(parameters)).astype(parameters.dtype)


@jax.custom_jvp
def _softplus(x: jax.Array) -> jax.Array:
    # Half the time of JAX's own, which also provides for complex numbers and NaN.
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@_softplus.defjvp
def _softplus_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    # Written out, because the maximum and the absolute value have no slope at 0.
    (x,), (tangent,) = primals, tangents
    return _softplus(x), jax.nn.sigmoid(x) * tangent


def logits(mean: np.ndarray) -> np.ndarray:
    """Give log odds; 0 and 1 count as one in a thousand away from there."""
    inside = np.clip(mean, 1e-3, 1 - 1e-3)
    return np.log(inside / (1 - inside)).astype(np.float32)
