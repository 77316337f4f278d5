"""Pseudo-labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.objectives.loss import Minibatch
from isthmus.objectives.unlabelled.base import Predict, PredictionTerm, cross_entropy


@final
@dataclass(frozen=True)
class PseudoLabels(PredictionTerm):
    """Take the likeliest class for the true one where it is likely enough.

    Parameters
    ----------
    threshold : float
        Least probability of a class that is believed.
    strength : float
        Weight of the term.

    References
    ----------
    Lee (2013), Pseudo-label: the simple and efficient semi-supervised learning method for deep
    neural networks.
    """

    threshold: float = 0.95
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "threshold", least=0, most=1)
        check_number(self, "strength", least=0)

    def __call__(self, predict: Predict, batch: Minibatch, key: jax.Array) -> jax.Array:
        probabilities = jax.nn.softmax(jax.lax.stop_gradient(predict(batch.x, None)))
        believed = probabilities.max(axis=1) >= self.threshold
        labels = jax.nn.one_hot(probabilities.argmax(axis=1), probabilities.shape[1])
        losses = cross_entropy(labels, predict(batch.x, key))
        return self.strength * jnp.where(believed, losses, 0.0)
