"""One of several classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.objectives.outcomes.base import Outcome


@final
@dataclass(frozen=True)
class Classes(Outcome):
    """Classes told by a softmax; the loss is the cross-entropy.

    Parameters
    ----------
    label_smoothing : float
        Share of the probability that is spread over all classes.

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception architecture,
    section 7, for label smoothing.
    """

    label_smoothing: float = 0.0

    def known(self, targets: jax.Array) -> jax.Array:
        return (targets >= 0).astype(jnp.float32)

    def losses(self, outputs: jax.Array, targets: jax.Array) -> jax.Array:
        log_probabilities = jax.nn.log_softmax(outputs)  # (batch, classes)
        n_classes = outputs.shape[1]
        wanted = jax.nn.one_hot(targets, n_classes) * (1 - self.label_smoothing)
        wanted = wanted + self.label_smoothing / n_classes
        return -jnp.sum(wanted * log_probabilities, axis=1)
