"""A target for the mean activation of every unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.errors import IsthmusError
from isthmus.models.codes import Deterministic
from isthmus.models.model import Model
from isthmus.objectives.penalties.base import EncodedMinibatch, Penalty


@final
@dataclass(frozen=True)
class TargetActivation(Penalty):
    """``strength · Σ KL(ρ ‖ ρ̂ⱼ)``, with ρ̂ⱼ the mean activation of unit j over the batch.

    For units between 0 and 1, such as those of a sigmoid code.

    Parameters
    ----------
    strength : float
        Weight of the penalty in the mean loss per row.
    target : float
        The mean activation ρ wanted of every unit.

    References
    ----------
    Ng (2011), CS294A lecture notes: Sparse autoencoder, section 3.
    """

    judges: ClassVar[bool] = True
    draws: ClassVar[bool] = False

    strength: float
    target: float = 0.05

    def __post_init__(self) -> None:
        check_number(self, "strength", least=0)
        check_number(self, "target", least=0, most=1, strictly=True)

    def check(self, model: Model) -> None:
        activation = getattr(model.network, "code_activation", None)
        if activation != "sigmoid" or not isinstance(model.code, Deterministic):
            raise IsthmusError(
                "TargetActivation needs codes between 0 and 1: "
                "give the network code_activation='sigmoid' and leave code away."
            )

    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        mean = batch.mean(model.code.mean(batch.code_parameters))  # (components,)
        mean = jnp.clip(mean, 1e-6, 1 - 1e-6)
        divergence = self.target * jnp.log(self.target / mean)
        divergence += (1 - self.target) * jnp.log((1 - self.target) / (1 - mean))
        return self.strength * jnp.sum(divergence)
