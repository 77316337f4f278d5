"""The L1 penalty on the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.models.model import Model
from isthmus.objectives.penalties.base import EncodedMinibatch, Penalty


@final
@dataclass(frozen=True)
class L1(Penalty):
    """``strength · Σ |z|``, averaged over rows.

    Parameters
    ----------
    strength : float
        Weight of the penalty in the mean loss per row.
    """

    strength: float

    def __post_init__(self) -> None:
        check_number(self, "strength", least=0)

    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        z = model.code.mean(batch.code_parameters)
        return self.strength * batch.mean(jnp.sum(jnp.abs(z), axis=-1))
