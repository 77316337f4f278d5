"""A likelihood of one's own: Laplace, less moved by outliers than squared error."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from isthmus import Likelihood


class Laplace(Likelihood, part_name="toy"):
    """``−Σ |x − μ| / scale``, up to a constant."""

    supports: ClassVar[tuple] = ("binary", "unit", "real")

    scale: float = eqx.field(static=True, default=1.0)

    def n_parameters(self, n_features):
        return n_features

    def log_prob(self, parameters, x):
        return -jnp.sum(jnp.abs(x - parameters), axis=-1) / self.scale

    def mean(self, parameters):
        return parameters

    def parameters_at(self, mean):
        return mean

    def sample(self, parameters, key):
        return parameters + self.scale * jax.random.laplace(key, parameters.shape)
