"""Classes as common as they are known to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.checks import check_number, is_number
from isthmus.errors import IsthmusError
from isthmus.objectives.loss import Minibatch
from isthmus.objectives.unlabelled.base import Predict, PredictionTerm

_LEAST_SHARE = 1e-6


@final
@dataclass(frozen=True)
class ClassShares(PredictionTerm):
    """Ask that the classes be as common among the predictions as they are known to be.

    The term is ``KL(mean prediction ‖ shares)`` of a minibatch, the same for each of its rows.

    Parameters
    ----------
    shares : sequence of float or None
        How common the classes are, in the order of `classes_`; they are brought to a sum of 1.
        None takes them for equally common.
    strength : float
        Weight of the term.

    References
    ----------
    Krause, Perona & Gomes (2010), Discriminative clustering by regularized information
    maximization, section 2, for a prior of the classes.
    """

    shares: Sequence[float] | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "strength", least=0)
        if self.shares is None:
            return
        shares = np.ravel(np.array(self.shares, object)).tolist()
        if len(shares) < 2 or not all(is_number(share) and share > 0 for share in shares):
            raise IsthmusError(
                f"{type(self).__name__} with shares={self.shares!r} does not say how common the "
                "classes are: give a number above 0 for each class, such as (0.5, 0.3, 0.2)."
            )
        # Hashable, as all parts are.
        object.__setattr__(self, "shares", tuple(map(float, shares)))

    def __call__(self, predict: Predict, batch: Minibatch, key: jax.Array) -> jax.Array:
        probabilities = jax.nn.softmax(predict(batch.x, None))
        weights = batch.weights / jnp.maximum(batch.weights.sum(), 1.0)
        mean = jnp.maximum(weights @ probabilities, _LEAST_SHARE)  # (classes,)
        shares = jnp.ones(len(mean)) if self.shares is None else jnp.asarray(self.shares)
        divergence = jnp.sum(mean * jnp.log(mean * shares.sum() / shares))
        return jnp.full(len(batch.x), self.strength * divergence)
