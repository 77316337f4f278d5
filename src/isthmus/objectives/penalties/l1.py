"""The L1 penalty on the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.checks import check_flag, check_number
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
    relative : bool
        Multiply it by the root of the rows' mean squared distance from their mean: the same
        strength then suits rows of any scale and number of features. A code's size grows with
        that of the rows, but squared error with its square.
    """

    judges: ClassVar[bool] = True
    draws: ClassVar[bool] = False

    strength: float
    relative: bool = False

    def __post_init__(self) -> None:
        check_number(self, "strength", least=0)
        check_flag(self, "relative")

    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        z = model.code.mean(batch.code_parameters)
        penalty = self.strength * batch.mean(jnp.sum(jnp.abs(z), axis=-1))
        return penalty * _size(batch) if self.relative else penalty


def _size(batch: EncodedMinibatch) -> jax.Array:
    deviations = batch.x - batch.mean(batch.x)
    return jnp.sqrt(batch.mean(jnp.sum(deviations**2, axis=-1)))
