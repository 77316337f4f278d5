"""The auxiliary loss that keeps the units of a sparse code alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp
from jax import lax

from isthmus.checks import check_number
from isthmus.errors import IsthmusError
from isthmus.models.codes.kth_largest import kth_largest
from isthmus.models.codes.sparse import SparseCode
from isthmus.models.model import Model
from isthmus.objectives.penalties.base import EncodedMinibatch, Penalty


@final
@dataclass(frozen=True)
class AuxiliaryTopK(Penalty):
    """Silent units learn to explain what the active ones leave unexplained.

    The penalty is ``−strength · log p(x | parameters + contribution)``: the decoder's output for
    the code, held fixed, plus what the `k` most active of the silent units would add to it. For
    squared error that is ``strength · ‖e − ê‖²`` of the paper, with e the error that is left.

    A unit counts as silent if no row of the batch uses it.

    Parameters
    ----------
    k : int
        Silent units used per row.
    strength : float
        Weight of the penalty in the mean loss per row.

    References
    ----------
    Gao et al. (2024), Scaling and evaluating sparse autoencoders, appendix A.2, where a unit is
    dead after ten million tokens without use; here the batch decides, so that the loss stays a
    function of the batch alone.
    """

    draws: ClassVar[bool] = False

    k: int = 256
    strength: float = 1 / 32

    def __post_init__(self) -> None:
        check_number(self, "k", least=1, whole=True)
        check_number(self, "strength", least=0)

    def check(self, model: Model) -> None:
        if not isinstance(model.code, SparseCode):
            raise IsthmusError(
                "AuxiliaryTopK revives the silent units of a sparse code: give code=TopK(…) or its "
                "like too, or leave the penalty away."
            )

    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        z = model.code.training_sample(batch.code_parameters, batch.weights, batch.key)
        silent = ~jnp.any((z > 0) & (batch.weights[:, None] > 0), axis=0)  # (components,)
        candidates = jnp.where(silent, jax.nn.relu(batch.code_parameters), 0.0)
        least = kth_largest(candidates, min(self.k, z.shape[1]))
        candidates = jnp.where(candidates >= least, candidates, 0.0)
        origin = jnp.zeros((1, z.shape[1]))
        contribution = model.network.decode(candidates) - model.network.decode(origin)
        parameters = lax.stop_gradient(model.network.decode(z)) + contribution
        return -self.strength * batch.mean(model.likelihood.log_prob(parameters, batch.x))
