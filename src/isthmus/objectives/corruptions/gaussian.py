"""Additive Gaussian noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax

from isthmus.objectives.corruptions.base import Corruption


@final
@dataclass(frozen=True)
class GaussianNoise(Corruption, part_name="gaussian"):
    """``x + level · N(0, 1)``, with the level in units of the prepared scale.

    References
    ----------
    Vincent et al. (2010), Stacked denoising autoencoders, section 3.3.
    """

    _most: ClassVar[float] = float("inf")

    def __call__(self, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        return x + self.level * jax.random.normal(key, x.shape)
