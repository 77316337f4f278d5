"""The k largest units of the code, the others silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp
from jax import lax

from isthmus.checks import check_number
from isthmus.errors import IsthmusError
from isthmus.models.codes.base import Code


@final
@dataclass(frozen=True)
class TopK(Code):
    """Keep a row's `k` largest positive activations and silence all others; free of cost.

    Parameters
    ----------
    k : int
        Active units per row, at most.
    k_start : int or None
        Active units when training starts, falling to `k` while the objective warms up; None
        starts with `k`. Many at first let every unit find something to do, so that few die.

    References
    ----------
    Makhzani & Frey (2013), k-sparse autoencoders, section 4.2.1 for the falling k; Gao et al.
    (2024), Scaling and evaluating sparse autoencoders, section 2.3.
    """

    k: int
    k_start: int | None = None

    def __post_init__(self) -> None:
        check_number(self, "k", least=1, whole=True)
        if self.k_start is not None:
            check_number(self, "k_start", least=1, whole=True)

    def n_parameters(self, n_components: int) -> int:
        if self.k > n_components:
            raise IsthmusError(
                f"TopK({self.k}) cannot keep {self.k} of n_components={n_components} units: "
                "choose k between 1 and the size of the code."
            )
        return n_components

    def sample(
        self, parameters: jax.Array, key: jax.Array, warmth: jax.Array | float = 1.0
    ) -> jax.Array:
        start = min(max(self.k_start or self.k, self.k), parameters.shape[-1])
        k = jnp.round(self.k + (1 - warmth) * (start - self.k)).astype(int)
        return _keep(parameters, start, k)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return _keep(parameters, self.k, self.k)

    def cost(self, parameters: jax.Array) -> jax.Array:
        return jnp.zeros(len(parameters))

    def log_ratio(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        return jnp.zeros(len(parameters))


def _keep(parameters: jax.Array, most: int, k: jax.Array | int) -> jax.Array:
    """Keep the k largest positive ones of each row, k at most `most`."""
    active = jax.nn.relu(parameters)
    largest = lax.stop_gradient(lax.top_k(active, most)[0])  # (batch, most), falling
    least = lax.dynamic_slice_in_dim(largest, k - 1, 1, axis=-1)
    return jnp.where(active >= least, active, 0.0)
