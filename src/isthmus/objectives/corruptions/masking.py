"""Masking noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.objectives.corruptions.base import Corruption


@final
@dataclass(frozen=True)
class Masking(Corruption):
    """A share `level` of each row's values, drawn anew each time, becomes 0.

    In the prepared scale 0 is black for images and the mean for standardized columns.

    References
    ----------
    Vincent et al. (2008), Extracting and composing robust features with denoising autoencoders.
    """

    def __call__(self, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.where(self.draw(x, key) < self.level, 0.0, x)
