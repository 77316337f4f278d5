"""What codes share of which few units are active in any row."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.errors import IsthmusError
from isthmus.models.codes.base import Code


class SparseCode(Code):
    """A code of about `k` positive activations a row, all other units silent; free of cost."""

    draws: ClassVar[bool] = False
    k: eqx.AbstractVar[int]

    def __check_init__(self) -> None:
        check_number(self, "k", least=1, whole=True)

    def n_parameters(self, n_components: int) -> int:
        if self.k > n_components:
            raise IsthmusError(
                f"{type(self).__name__}({self.k}) cannot keep {self.k} of "
                f"n_components={n_components} units: "
                "choose k between 1 and the size of the code."
            )
        return n_components

    @abstractmethod
    def mean(self, parameters: jax.Array) -> jax.Array:
        """Give the code: ``(batch, components) -> (batch, components)``."""

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        return self.mean(parameters)

    def cost(self, parameters: jax.Array) -> jax.Array:
        return jnp.zeros(len(parameters))

    def log_ratio(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        return jnp.zeros(len(parameters))
