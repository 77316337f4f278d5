"""The k largest units of the code, the others silent."""

from __future__ import annotations

from typing import final

import equinox as eqx
import jax
import jax.numpy as jnp

from isthmus.checks import plain
from isthmus.models.codes.kth_largest import kth_largest
from isthmus.models.codes.sparse import SparseCode


@final
class TopK(SparseCode):
    """Keep a row's `k` largest positive activations and silence all others; free of cost.

    Units that tie for the last place all stay.

    Parameters
    ----------
    k : int
        Active units per row, at most.

    References
    ----------
    Makhzani & Frey (2013), k-sparse autoencoders; Gao et al. (2024), Scaling and evaluating
    sparse autoencoders, section 2.3.
    """

    part_forgotten = ("k_start",)

    k: int = eqx.field(static=True, converter=plain)

    def mean(self, parameters: jax.Array) -> jax.Array:
        active = jax.nn.relu(parameters)
        return jnp.where(active >= kth_largest(active, self.k), active, 0.0)
