"""Salt-and-pepper noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.objectives.corruptions.base import Corruption
from isthmus.prepare import Support


@final
@dataclass(frozen=True)
class SaltAndPepper(Corruption):
    """A share `level` of each row's values becomes 0 or 1, each as likely as the other.

    References
    ----------
    Vincent et al. (2010), Stacked denoising autoencoders, section 3.3.
    """

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit")

    def __call__(self, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        draw = jax.random.uniform(key, x.shape)
        x = jnp.where(draw < self.level, 0.0, x)
        return jnp.where(draw < self.level / 2, 1.0, x)
