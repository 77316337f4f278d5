"""Consistency under noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import jax
import jax.numpy as jnp

from isthmus.checks import check_kind, check_number
from isthmus.objectives.corruptions import Corruption, GaussianNoise
from isthmus.objectives.loss import Minibatch
from isthmus.objectives.unlabelled.base import Predict, PredictionTerm, cross_entropy


@final
@dataclass(frozen=True)
class Consistency(PredictionTerm):
    """Ask that noise leave the prediction as it was.

    Parameters
    ----------
    corruption : Corruption
        The noise.
    threshold : float
        Least probability of the likeliest class from which a row counts.
    strength : float
        Weight of the term.

    References
    ----------
    Sajjadi, Javanmardi & Tasdizen (2016), Regularization with stochastic transformations and
    perturbations; Xie, Dai, Hovy, Luong & Le (2020), Unsupervised data augmentation for
    consistency training, equation 1.
    """

    corruption: Corruption = field(default_factory=lambda: GaussianNoise(0.3))
    threshold: float = 0.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_kind(self, "corruption", Corruption, "GaussianNoise(0.3)")
        check_number(self, "threshold", least=0, most=1)
        check_number(self, "strength", least=0)

    def __call__(self, predict: Predict, batch: Minibatch, key: jax.Array) -> jax.Array:
        noise_key, key = jax.random.split(key)
        probabilities = jax.nn.softmax(jax.lax.stop_gradient(predict(batch.x, None)))
        noisy = self.corruption(batch.x, batch.weights, noise_key)
        losses = cross_entropy(probabilities, predict(noisy, key))
        counts = probabilities.max(axis=1) >= self.threshold
        return self.strength * jnp.where(counts, losses, 0.0)
