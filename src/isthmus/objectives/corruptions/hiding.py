"""Hiding, for tables with gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.objectives.corruptions.base import Corruption
from isthmus.prepare import Support


@final
@dataclass(frozen=True)
class Hiding(Corruption):
    """A share `level` of each row's columns, drawn anew each time, is missing.

    The encoder is told which, as it is of values that are missing anyway, so that it learns to
    tell them from the others.

    References
    ----------
    Vincent et al. (2008), Extracting and composing robust features with denoising autoencoders.
    """

    supports: ClassVar[tuple[Support, ...]] = ("mixed",)
    needs: ClassVar[str] = "a table with categories or gaps"

    def __call__(self, x: jax.Array, weights: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.where(self.draw(x, key) < self.level, jnp.nan, x)
