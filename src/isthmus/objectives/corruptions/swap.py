"""Swap noise, for tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.objectives.corruptions.base import Corruption


@final
@dataclass(frozen=True)
class Swap(Corruption):
    """A share `level` of each row's values becomes the same column's value in another row.

    Corrupted values are thus always plausible ones, whatever the columns' distributions.
    """

    def __call__(self, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        choice_key, row_key = jax.random.split(key)
        n_rows = jnp.maximum(jnp.sum(weights), 1.0)
        donors = jnp.floor(self.draw(x, row_key) * n_rows).astype(jnp.int32)
        swapped = jnp.take_along_axis(x, donors, axis=0)
        return jnp.where(self.draw(x, choice_key) < self.level, swapped, x)
