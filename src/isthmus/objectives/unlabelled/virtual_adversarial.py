"""Virtual adversarial training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.objectives.loss import Minibatch
from isthmus.objectives.unlabelled.base import Predict, PredictionTerm, cross_entropy

_STEP = 1e-1
_LEAST_NORM = 1e-12


@final
@dataclass(frozen=True)
class VirtualAdversarial(PredictionTerm):
    """Ask that the small change of a row that matters most leave the prediction as it was.

    Parameters
    ----------
    radius : float
        Euclidean length of the change, in the prepared scale.
    strength : float
        Weight of the term.
    entropy : float
        Weight of the predictions' own entropy, which keeps boundaries away from the data.

    References
    ----------
    Miyato, Maeda, Koyama & Ishii (2018), Virtual adversarial training, algorithm 1 with one
    power iteration; Grandvalet & Bengio (2005) for the entropy.
    """

    radius: float = 2.0
    strength: float = 1.0
    entropy: float = 0.0

    def __post_init__(self) -> None:
        for name in ("radius", "strength", "entropy"):
            check_number(self, name, least=0)

    def __call__(self, predict: Predict, batch: Minibatch, key: jax.Array) -> jax.Array:
        direction_key, key = jax.random.split(key)
        logits = predict(batch.x, None)
        probabilities = jax.nn.softmax(jax.lax.stop_gradient(logits))

        def losses(change: jax.Array) -> jax.Array:
            return cross_entropy(probabilities, predict(batch.x + change, key))

        start = _unit(jax.random.normal(direction_key, batch.x.shape))
        worst = jax.grad(lambda change: losses(change).sum())(_STEP * start)
        terms = self.strength * losses(self.radius * _unit(jax.lax.stop_gradient(worst)))
        if self.entropy:
            terms = terms + self.entropy * cross_entropy(jax.nn.softmax(logits), logits)
        return terms


def _unit(x: jax.Array) -> jax.Array:
    return x / jnp.maximum(jnp.linalg.norm(x, axis=1, keepdims=True), _LEAST_NORM)
