"""The value that says what to train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, final

from isthmus.objectives import Loss
from isthmus.training.optimizer import Schedule

M = TypeVar("M")

_WARMUP_SHARE = 0.05
_MOST_WARMUP = 100


@final
@dataclass(frozen=True)
class Settings:
    """How to train.

    Parameters
    ----------
    n_epochs : int
        Passes over the training rows.
    learning_rate : float
        Peak of the learning rate.
    weight_decay : float
        AdamW's decoupled weight decay, on matrices only.
    learning_rate_schedule : {"cosine", "constant"}
        Whether the learning rate rises over a twentieth of the updates, at most a hundred, and
        then falls to nothing, or stays what it is.
    patience : int or None
        Epochs without a better held-out loss after which to stop; None never stops early.
    seed : int
        Fixes the order of the rows and all noise.
    precision : {"float32", "bfloat16"}
        Of the numbers that go into matrix products.
    """

    n_epochs: int
    learning_rate: float
    weight_decay: float = 0.0
    learning_rate_schedule: str = "cosine"
    patience: int | None = None
    seed: int = 0
    precision: str = "float32"

    def schedule(self, n_updates: int) -> Schedule:
        """Give the learning rate over this many updates."""
        if self.learning_rate_schedule == "constant":
            return Schedule(self.learning_rate, 0.0, float("inf"))
        n_warmup = min(_WARMUP_SHARE * n_updates, _MOST_WARMUP)
        return Schedule(self.learning_rate, n_warmup, float(n_updates))


@final
@dataclass(frozen=True, eq=False)
class Plan(Generic[M]):
    """What to train, where to start, and how.

    Parameters
    ----------
    model : pytree of arrays
        Where to start.
    loss : Loss
        What to minimize; an `Objective` for autoencoders.
    settings : Settings
        How long and how fast.
    relative_rates : like model, or None
        Multiplies the learning rate of each parameter; 0 leaves it as it is.
    fallback : like model, or None
        What is kept where no epoch does better on held-out rows by more than chance.
    floor : Loss or None
        Another loss in which an epoch that is kept does no worse than the fallback.
    """

    model: M
    loss: Loss[M]
    settings: Settings
    relative_rates: M | None = None
    fallback: M | None = None
    floor: Loss[M] | None = None
