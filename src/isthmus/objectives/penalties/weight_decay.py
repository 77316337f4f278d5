"""Weight decay, the L2 penalty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.models.model import Model
from isthmus.objectives.penalties.base import EncodedMinibatch, Penalty


@final
@dataclass(frozen=True)
class WeightDecay(Penalty):
    """``strength · Σ ‖W‖²`` over all weight matrices; biases are free.

    Parameters
    ----------
    strength : float
        Weight of the penalty in the mean loss per row.
    """

    draws: ClassVar[bool] = False

    strength: float

    def __post_init__(self) -> None:
        check_number(self, "strength", least=0)

    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        matrices = [leaf for leaf in jax.tree.leaves(model) if leaf.ndim > 1]
        return self.strength * sum((jnp.sum(w**2) for w in matrices), start=jnp.zeros(()))
