"""The code is the encoder's output."""

from __future__ import annotations

from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.models.codes.base import Code


@final
class Deterministic(Code):
    """The encoder's output itself, free of cost."""

    draws: ClassVar[bool] = False

    def n_parameters(self, n_components: int) -> int:
        return n_components

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        return parameters

    def mean(self, parameters: jax.Array) -> jax.Array:
        return parameters

    def cost(self, parameters: jax.Array) -> jax.Array:
        return jnp.zeros(len(parameters))

    def log_ratio(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        return jnp.zeros(len(parameters))
