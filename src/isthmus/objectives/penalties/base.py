"""What every penalty offers."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from isthmus.family import Family
from isthmus.models.model import Model


class EncodedMinibatch(NamedTuple):
    """What a penalty may look at."""

    x: jax.Array  # (batch, features), clean
    weights: jax.Array  # (batch,), 0 for rows that only fill up the batch
    encoded: jax.Array  # (batch, features), what the encoder was given
    code_parameters: jax.Array  # (batch, code parameters), what it made of that
    key: Any  # an array, or None where nothing is drawn

    def mean(self, values: jax.Array) -> jax.Array:
        """Average over the rows that count: ``(batch, …) -> (…)``."""
        return jnp.tensordot(self.weights, values, 1) / jnp.maximum(jnp.sum(self.weights), 1)


class Penalty(Family):
    """A term of the loss that looks at the model and a whole batch.

    Attributes
    ----------
    judges : bool
        Whether held-out rows are judged by it too, as the model would not be what it is without.
    draws : bool
        Whether it takes random numbers; where nothing does, the minibatch's key is None.
    """

    judges: ClassVar[bool] = False
    draws: ClassVar[bool] = True

    def check(self, model: Model) -> None:
        """Raise IsthmusError if the penalty makes no sense for this model."""

    @abstractmethod
    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        """Give the penalty, a scalar, its strength included."""
