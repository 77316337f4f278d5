"""Discretized logistic, a proper distribution over 8-bit pixels."""

from __future__ import annotations

from typing import ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.models.likelihoods.base import Likelihood
from isthmus.models.likelihoods.bernoulli import logits
from isthmus.prepare import Support


@final
class DiscretizedLogistic(Likelihood):
    """A logistic distribution, its mass gathered into the 256 levels of a pixel in [0, 1].

    The decoder gives location and log scale of every pixel; the lowest and the highest level
    take the tails.

    References
    ----------
    Kingma et al. (2016), Improving variational inference with inverse autoregressive flow,
    appendix C; Salimans et al. (2017), PixelCNN++, equation 2.
    """

    supports: ClassVar[tuple[Support, ...]] = ("unit",)
    needs: ClassVar[str] = "shades between 0 and 1, such as those of 8-bit pixels"

    def n_parameters(self, n_features: int) -> int:
        return 2 * n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        location, scale = self._location_and_scale(parameters)
        above = (x + 0.5 / 255 - location) / scale
        below = (x - 0.5 / 255 - location) / scale
        # log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − exp(b − a)), without cancellation.
        log_mass = (
            jax.nn.log_sigmoid(above)
            + jax.nn.log_sigmoid(-below)
            + jnp.log(-jnp.expm1(below - above))
        )
        log_mass = jnp.where(x < 0.5 / 255, jax.nn.log_sigmoid(above), log_mass)
        log_mass = jnp.where(x > 254.5 / 255, jax.nn.log_sigmoid(-below), log_mass)
        return jnp.sum(log_mass, axis=-1)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return self._location_and_scale(parameters)[0]

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        return np.concatenate([logits(mean), np.zeros_like(mean)])

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        location, scale = self._location_and_scale(parameters)
        x = location + scale * jax.random.logistic(key, location.shape)
        return jnp.round(jnp.clip(x, 0, 1) * 255) / 255

    def _location_and_scale(self, parameters: jax.Array) -> tuple[jax.Array, jax.Array]:
        raw, log_scale = jnp.split(parameters, 2, axis=-1)
        return jax.nn.sigmoid(raw), jnp.exp(jnp.clip(log_scale - 2.0, -7.0, 3.0))
