"""A penalty of one's own: codes stay near zero."""

from dataclasses import dataclass

import jax.numpy as jnp

from isthmus import Penalty


@dataclass(frozen=True)
class SmallCodes(Penalty, part_name="toy"):
    """``strength · Σ z²``, averaged over rows."""

    strength: float

    def __call__(self, model, batch):
        z = model.code.mean(batch.code_parameters)
        return self.strength * batch.mean(jnp.sum(z**2, axis=-1))
