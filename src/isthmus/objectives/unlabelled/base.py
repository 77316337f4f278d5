"""What every way of learning from unlabelled rows offers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeAlias

import jax

from isthmus.family import Family
from isthmus.objectives.loss import Minibatch

Predict: TypeAlias = Callable[[jax.Array, jax.Array | None], jax.Array]
"""Gives logits of rows: ``(batch, features), key -> (batch, classes)``; a key brings dropout."""


class Unlabelled(Family):
    """A way of learning from rows without labels.

    Attributes
    ----------
    labelled_share : float
        Least share of labelled rows in a minibatch.
    """

    labelled_share: ClassVar[float] = 0.25


class PredictionTerm(Unlabelled):
    """A term of a classifier's loss that asks something of the predictions."""

    @abstractmethod
    def __call__(self, predict: Predict, batch: Minibatch, key: jax.Array) -> jax.Array:
        """Give each row's term, its strength included: ``(batch,)``."""


def cross_entropy(probabilities: jax.Array, logits: jax.Array) -> jax.Array:
    """Give ``−Σ p log softmax(logits)``: ``(batch, classes), (batch, classes) -> (batch,)``."""
    return -(probabilities * jax.nn.log_softmax(logits)).sum(axis=1)
