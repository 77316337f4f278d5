"""Squared error of a layer's codes, behind the activation that made them."""

from __future__ import annotations

from typing import ClassVar, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.checks import check_choice
from isthmus.models.likelihoods.base import Likelihood
from isthmus.networks import ACTIVATIONS
from isthmus.prepare import Support


@final
class ActivationError(Likelihood, part_listed=False):
    """``−‖x − f(parameters)‖²``, for rows that are themselves what f gave.

    Layers are pretrained with it on the codes of the layer below; for data themselves there are
    the other likelihoods.

    Parameters
    ----------
    activation : str
        The name of f in `ACTIVATIONS`.
    """

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit", "real")

    activation: str = eqx.field(static=True)

    def __check_init__(self) -> None:
        check_choice(self, "activation", ACTIVATIONS)

    def n_parameters(self, n_features: int) -> int:
        return n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        return -jnp.sum((x - self.mean(parameters)) ** 2, axis=-1)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return ACTIVATIONS[self.activation](parameters)

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        # Not every activation has an inverse; nothing is as near as any other start.
        return np.zeros_like(mean)

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        return self.mean(parameters) + 0.5**0.5 * jax.random.normal(key, parameters.shape)
